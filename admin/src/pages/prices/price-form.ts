/** What is asked for a model's price, under the API's names. */
import { usd } from "../../form/field.ts";
import { words as pricesWords } from "./words.ts";

export const PRICE_FIELDS = {
  input: usd({ label: pricesWords.input }),
  output: usd({ label: pricesWords.output }),
};
