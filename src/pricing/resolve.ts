/**
 * Model name → price. An exact match counts first, then the documented normalisations below, each of which names the same model.
 * Names are never matched by substring or likeness. Any other name is unknown (`null`), and the caller books it as unpriced.
 *
 * | form | example | becomes |
 * |---|---|---|
 * | long-context marker | `claude-sonnet-4-6[1m]` | without it |
 * | resource path | `models/…`, `publishers/google/models/…`, `projects/p/locations/l/publishers/…` | without it |
 * | host | `bedrock/…`, `bedrock/us-east-1/…`, `vertex_ai/…`, `azure/…`, a Bedrock ARN | without it |
 * | provider | `anthropic/…`, `google/…`, `x-ai/…` | without it |
 * | Bedrock vendor and region | `anthropic.…`, `us.anthropic.…`, `global.anthropic.…` | without it |
 * | Bedrock version | `…-v1:0`, and `…-v1` behind a Bedrock vendor | without it |
 * | Vertex version | `…@20250929`, `…-v2@20241022`, `…@default` | `…-20250929`, `…-20241022`, without it |
 * | snapshot date, alias | `…-20250929`, `…-2025-08-07`, `…-latest` | the undated name |
 * | undated name | `claude-3-7-sonnet`, `claude-3-7-sonnet-latest` | its newest snapshot in the table |
 *
 * A name with a date never takes the price of another date: gpt-4o-2024-05-13 costs twice as much as gpt-4o-2024-08-06.
 * Hosts with their own prices (OpenRouter, Groq, open weights on Bedrock) are unknown on purpose, and so is the surcharge of a
 * region: a price override or the account's cost multiplier covers them.
 */
import { type ModelPrice, type PriceTable, priceIn } from "./table.ts";

/** The longest real name is a Bedrock ARN of about 150 characters. A client may send megabytes. */
const MAX_NAME_LENGTH = 256;

const PREFIXES: readonly RegExp[] = [
  /^arn:aws[a-z-]*:bedrock:[a-z0-9-]*:\d*:(?:inference-profile|foundation-model)\//,
  /^projects\/[^/]+\/locations\/[^/]+\//,
  /^publishers\/[^/]+\/models\//,
  /^models\//,
  /^bedrock\/(?:converse\/|invoke\/)?(?:[a-z]{2}(?:-[a-z]+)+-\d\/)?/,
  /^(?:vertex_ai|vertex|azure)\//,
  /^(?:anthropic|openai|google|gemini|xai|x-ai|deepseek|zhipuai|zai|z-ai|moonshotai|moonshot)\//,
  /^(?:alibaba|dashscope|qwen|minimax|mistral|mistralai)\//,
];
const BEDROCK_VENDOR = /^(?:(?:global|apac|us-gov|[a-z]{2})\.)?(?:anthropic|openai)\./;
const BEDROCK_VERSION = /-v\d+:\d+(?::\d+k)?$/;
const BEDROCK_SHORT_VERSION = /-v\d+$/;
const SNAPSHOT_DATE =
  /-(20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|20\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))$/;

/** The price of `model`, or `null` if the table has none. Holds no state. A hit by the exact name costs one look-up. */
export function resolvePrice(table: PriceTable, model: string): ModelPrice | null {
  for (const name of namesOf(model)) {
    const price = priceIn(table, name);
    if (price) return price;
  }
  return newestSnapshot(table, model);
}

/** The names under which the table may have a model, most specific first. */
export function* namesOf(model: string): Generator<string> {
  if (model.length > MAX_NAME_LENGTH) return;
  yield model;
  let name = model.replace(/\[1m\]$/i, "");
  yield name;

  let prefix = prefixOf(name);
  while (prefix) {
    name = name.replace(prefix, "");
    yield name;
    prefix = prefixOf(name);
  }

  const hasVendor = BEDROCK_VENDOR.test(name);
  name = name.replace(BEDROCK_VENDOR, "");
  yield name;
  name = name.replace(BEDROCK_VERSION, "");
  if (hasVendor) name = name.replace(BEDROCK_SHORT_VERSION, "");
  yield name;

  name = name.replace(/(?:-v\d+)?@(\d{8})$/, "-$1").replace(/@default$/, "");
  yield name;
  yield name.replace(SNAPSHOT_DATE, "").replace(/-latest$/, "");
}

function prefixOf(name: string): RegExp | undefined {
  return PREFIXES.find((known) => known.test(name));
}

/** Scans the names of the table, so it comes last: only names that nothing else explains cost that. */
function newestSnapshot(table: PriceTable, model: string): ModelPrice | null {
  const names = [...namesOf(model)];
  const undated = names.at(-1);
  if (!undated || names.some((name) => SNAPSHOT_DATE.test(name))) return null;
  let newest = "";
  let newestDate = "";
  for (const name of Object.keys(table)) {
    if (!name.startsWith(`${undated}-`)) continue;
    const date = SNAPSHOT_DATE.exec(name);
    if (!date || date.index !== undated.length) continue;
    const digits = (date[1] ?? "").replaceAll("-", "");
    if (digits > newestDate) [newest, newestDate] = [name, digits];
  }
  return priceIn(table, newest) ?? null;
}
