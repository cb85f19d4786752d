/** What is asked for a model's price, under the API's names. */
import { usd } from "../../form/field.ts";
import { strings } from "../../locale/strings.ts";

export const PRICE_FIELDS = {
  input: usd({ label: strings.prices.input }),
  output: usd({ label: strings.prices.output }),
};
