/** Whether a request could have set a stored price. Code that computes a cost trusts what it reads. Pure. */
import { isObject } from "../../ground/json.ts";
import type { ModelPrice } from "../../pricing/table.ts";
import { fieldProblems } from "../api/field-problems.ts";
import type { FieldProblem } from "../api/refusal.ts";
import { priceParam, setPriceBody } from "./schema.ts";
import { priceView } from "./views.ts";

/** Throws if it has too little to be shown. */
export function priceProblems(model: unknown, price: unknown): FieldProblem[] {
  const named = priceParam.safeParse({ model });
  if (!named.success) return fieldProblems(named.error.issues, { model });
  if (!isWhole(price)) return [{ field: "price", message: "must have whole numbers, none of them below 0" }];
  // Image prices by size are not one price, and none of the API's fields has them.
  const {
    model: _,
    source: __,
    per_image: ___,
    ...view
  } = priceView(named.data.model, price as ModelPrice, "override");
  const given = Object.fromEntries(Object.entries(view).filter(([, value]) => value !== null));
  const read = setPriceBody.safeParse(given);
  return read.success
    ? []
    : fieldProblems(read.error.issues, given).map(({ field, ...problem }) => ({ ...problem, field: `price.${field}` }));
}

function isWhole(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isWhole);
  if (isObject(value)) return Object.values(value).every(isWhole);
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
