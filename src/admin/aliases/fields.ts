/**
 * What a name stands for, in the API: for everybody (`/admin/aliases`), and among the fields of a key. Pure; whether a group exists is
 * checked elsewhere.
 */
import * as z from "zod/mini";
import { into, textOf } from "../../ground/shape.ts";
import { isModelName, MODEL_NAME_RULE } from "../../protocols/model-name.ts";
import type { AliasTarget } from "../../vocabulary.ts";
import type { FieldProblem } from "../api/refusal.ts";

/** Nobody means `__proto__` as a name, and it would break some programs. */
const modelName = z.string().check(
  z.trim(),
  z.minLength(1),
  z.maxLength(200),
  z.refine((name) => isModelName(name) && name !== "__proto__", MODEL_NAME_RULE),
);

/** More targets would not be tried for one request. */
const MAX_TARGETS = 10;
const MAX_OF_A_KEY = 50;

export const aliasName = modelName;

export const aliasTargets = into(
  z
    .array(z.strictObject({ model: modelName, group: z.optional(textOf(1, 100)) }))
    .check(z.minLength(1), z.maxLength(MAX_TARGETS)), // What is left out stays out: the gate compares what it stores.
  (targets) => targets.map(({ model, group }): AliasTarget => ({ model, ...(group && { group }) })),
);

/** Name → what it stands for. */
export const aliasesOfKey = z
  .record(modelName, aliasTargets)
  .check(z.refine((aliases) => Object.keys(aliases).length <= MAX_OF_A_KEY, `must be at most ${MAX_OF_A_KEY} names`));

/** Finds a `*` that stands for nothing. `at`: where the targets are in the request. */
export function starProblems(name: string, targets: readonly AliasTarget[], at: string): FieldProblem[] {
  if (name.split("*").length === 2) return [];
  return targets.flatMap(({ model }, place) =>
    model.includes("*") ? [{ field: `${at}.${place}.model`, message: "a * needs one in the name, and no more" }] : [],
  );
}
