/**
 * The cost of a translation. Three sides in the same rounds: a Worker that only parses the upstream's events, the relay with client and
 * upstream of the same format, and the relay when it translates.
 */
import type { Lane } from "./lanes.ts";
import { requestBody } from "./messages.ts";
import { measureSide, type SideRound, type Target } from "./rounds.ts";
import { median, type Spread, spreadOf } from "./statistics.ts";
import { CHAT, GEMINI, MESSAGES_HEADERS, RESPONSES, responsesBody, type Wire } from "./wires.ts";
import type { Account } from "./workers.ts";

/** An account that speaks one format and names every model. */
export const SPEAKERS = {
  anthropic: speaker("anthropic", "", "anthropic"),
  chat: speaker("openai", "/v1", "chat"),
  responses: speaker("openai", "/v1", "responses"),
  gemini: speaker("gemini", "", "gemini"),
  /** The same format as Anthropic's, but in frames: measures their cost compared with a native pipe. */
  bedrock: bedrock(),
} satisfies Record<string, Account>;
export type Format = keyof typeof SPEAKERS;

function speaker(platform: Account["platform"], basePath: string, format: string): Account {
  return { platform, basePath, fields: { protocols: [format], model_mapping: { "*": "model" } } };
}

function bedrock(): Account {
  const { fields, ...at } = speaker("anthropic", "", "anthropic");
  const keys = {
    aws_region: "us-east-1",
    aws_access_key_id: "AKIAIOSFODNN7EXAMPLE",
    aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  };
  return { ...at, fields: { ...fields, kind: "bedrock", api_key: undefined, ...keys } };
}

export interface TranslationLane {
  name: string;
  client: Format;
  upstream: Format;
  events: number;
  body: Buffer;
  targets: { parser?: number; addedMs?: number };
}

const WIRES: Record<Format, Pick<Wire, "path" | "headersOf">> = {
  anthropic: { path: "v1/messages", headersOf: MESSAGES_HEADERS },
  chat: CHAT,
  responses: RESPONSES,
  gemini: GEMINI,
  // The parser has no frames, so it is asked for the same events without them.
  bedrock: { path: "v1/messages", headersOf: MESSAGES_HEADERS },
};

const PAIRS: [client: Format, upstream: Format, bodyOf: (bytes: number) => Buffer][] = [
  ["anthropic", "chat", (bytes) => requestBody(bytes, true)],
  ["anthropic", "responses", (bytes) => requestBody(bytes, true)],
  ["anthropic", "gemini", (bytes) => requestBody(bytes, true)],
  ["responses", "anthropic", responsesBody],
  ["anthropic", "bedrock", (bytes) => requestBody(bytes, true)],
];
const NAMES: Record<Format, string> = {
  anthropic: "Messages",
  chat: "Chat",
  responses: "Responses",
  gemini: "Gemini",
  bedrock: "Bedrock",
};

export const TRANSLATION_LANES: TranslationLane[] = PAIRS.flatMap(([client, upstream, bodyOf]) =>
  [
    { events: 300, kB: 4, targets: { parser: 1.5, addedMs: 2 } },
    { events: 50, kB: 4, targets: {} },
    { events: 300, kB: 200, targets: {} },
  ].map(({ events, kB, targets }) => ({
    name: `${NAMES[client]} → ${NAMES[upstream]}, ${events} events, ${kB} kB body`,
    ...{ client, upstream, events, targets },
    body: bodyOf(kB * 1_000),
  })),
);

export interface TranslationResult {
  name: string;
  targets: TranslationLane["targets"];
  /** CPU as a ratio to the plain parser's; below, to the relay's own without a translation. */
  toParser: Spread | null;
  toSame: Spread | null;
  /** How many milliseconds later the first token comes than without a translation. */
  addedMs: Spread;
  /** CPU per request, in milliseconds of this machine. */
  cpuMs: number | null;
}

/** The requests of the discarded round. */
const WARMING = 40;
/** The CPU time that each side must use in a round, because Linux counts in ticks of 10 ms. */
const MEASURED_MS = 500;
const MOST_REQUESTS = 200;

/** How many requests a round needs, given the CPU milliseconds per request of each side; null if the system does not tell it. */
export function requestsFor(cpuMs: readonly (number | null)[]): number {
  const cheapest = Math.min(...cpuMs.filter((ms) => ms !== null));
  return Math.min(MOST_REQUESTS, Math.max(WARMING, Math.ceil(MEASURED_MS / cheapest)));
}

/** `keys`: for each format, the relay through a key that leads only to the account of that format. */
export async function measureTranslation(
  lane: TranslationLane,
  parser: Target,
  keys: Record<Format, Target>,
  rounds: number,
): Promise<TranslationResult> {
  const { client, upstream, events, body } = lane;
  let requests = WARMING;
  const asking = (format: Format): Lane => {
    const { path, headersOf } = WIRES[format];
    const asked = `${path}${path.includes("?") ? "&" : "?"}events=${events}`;
    return { name: lane.name, path: asked, body, headersOf, concurrency: 1, requests, targets: {} };
  };
  const sides = {
    parser: () => measureSide(asking(upstream), parser),
    same: () => measureSide(asking(client), keys[client]),
    translated: () => measureSide(asking(client), keys[upstream]),
  };
  const counted: Record<keyof typeof sides, SideRound>[] = [];
  for (let round = 0; round <= rounds; round++) {
    const order = ["parser", "same", "translated"] as const;
    const measured: Partial<Record<keyof typeof sides, SideRound>> = {};
    for (const side of round % 2 === 0 ? order : [...order].reverse()) measured[side] = await sides[side]();
    if (round > 0) counted.push(measured as Record<keyof typeof sides, SideRound>);
    else requests = requestsFor(Object.values(measured).map(({ cpuMs }) => cpuMs));
  }
  const known = counted.every((round) => Object.values(round).every(({ cpuMs }) => cpuMs !== null));
  const cpu = (side: SideRound) => side.cpuMs ?? Number.NaN;
  const to = (base: "parser" | "same") =>
    known ? spreadOf(counted.map((round) => cpu(round.translated) / cpu(round[base]))) : null;
  return {
    name: lane.name,
    targets: lane.targets,
    toParser: to("parser"),
    toSame: to("same"),
    addedMs: spreadOf(
      counted.map(({ translated, same }) => median(translated.firstTokenMs) - median(same.firstTokenMs)),
    ),
    cpuMs: known ? median(counted.map(({ translated }) => cpu(translated))) : null,
  };
}
