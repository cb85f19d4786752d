/**
 * The prices that are part of the Worker. rows.ts has them as their makers publish them, and here they become a table. That is done at
 * the first use and not at the start of the Worker, and the rows take a third of the table's bytes.
 */
import { priorityOf, searchPriceOf, toolPricesOf } from "./feed/reading.ts";
import { ROWS, type Row, type RowRates } from "./rows.ts";
import { anthropicHourWrite, completePrice, type ModelPrice, type PriceTable, type StatedRates } from "./table.ts";

/** Nano-dollars in a dollar. A row gives dollars per million tokens, a rate nano-dollars per million tokens. */
const NANOS = 1e9;

let table: PriceTable | undefined;

export function builtInPrices(): PriceTable {
  table ??= tableOf(ROWS);
  return table;
}

/** Exported for the script that writes the rows, which checks that they read back as what it was given. */
export function tableOf(rows: Record<string, Record<string, Row>>): PriceTable {
  const prices = Object.entries(rows).flatMap(([maker, models]) =>
    Object.entries(models).map(([model, row]): [string, ModelPrice] => [model, priceOf(maker, model, row)]),
  );
  return Object.fromEntries([...prices, ...Object.entries(BY_THE_PIECE)]);
}

function priceOf(
  maker: string,
  model: string,
  [context, maxOutput, rates, { tiers, fast, priority } = {}]: Row,
): ModelPrice {
  const stated = (row: RowRates) => statedRates(maker, row);
  return completePrice({
    ...stated(rates),
    tiers: tiers?.map(([aboveTokens, ...tierRates]) => ({ aboveTokens, ...stated(tierRates) })),
    fast: fast && stated(fast),
    priority: priority ? stated(priority) : priorityOf(maker, stated(rates)),
    webSearchPerThousand: searchPriceOf(maker, model),
    units: toolPricesOf(maker),
    context: context ?? undefined,
    maxOutput: maxOutput ?? undefined,
  });
}

function statedRates(maker: string, [input, output, cacheRead, cacheWrite]: RowRates): StatedRates {
  const cacheWrite1h = maker === "anthropic" ? anthropicHourWrite(nanos(input)) : undefined;
  return {
    input: nanos(input),
    output: nanos(output),
    cacheRead: nanosIf(cacheRead),
    cacheWrite5m: nanosIf(cacheWrite),
    cacheWrite1h,
  };
}

/** Exact, because published prices have at most six decimals. */
function nanos(dollars: number): number {
  return Math.round(dollars * NANOS);
}

function nanosIf(dollars: number | null | undefined): number | undefined {
  return dollars === null || dollars === undefined ? undefined : nanos(dollars);
}

/**
 * Models that are billed only by the piece, in nano-dollars per million images, spoken characters and seconds of sound.
 * LiteLLM's model_prices_and_context_window.json, 2026 (it has images per pixel).
 */
const BY_THE_PIECE: PriceTable = {
  "dall-e-2": pictures({ "256x256 standard": 16e12, "512x512 standard": 18e12, "1024x1024 standard": 20e12 }),
  "dall-e-3": pictures({
    "1024x1024 standard": 40e12,
    "1024x1792 standard": 80e12,
    "1792x1024 standard": 80e12,
    "1024x1024 hd": 80e12,
    "1024x1792 hd": 120e12,
    "1792x1024 hd": 120e12,
  }),
  "tts-1": byThePiece({ units: { characters: 15e9 } }),
  "tts-1-hd": byThePiece({ units: { characters: 30e9 } }),
  "whisper-1": byThePiece({ units: { seconds: 100e9 } }),
};

function pictures(imageSizes: Record<string, number>): ModelPrice {
  return byThePiece({ units: { images: Math.max(...Object.values(imageSizes)) }, imageSizes });
}

function byThePiece(pieces: Pick<ModelPrice, "units" | "imageSizes">): ModelPrice {
  return { ...completePrice({ input: 0, output: 0 }), ...pieces };
}
