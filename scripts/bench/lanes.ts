/**
 * The lanes: what both Workers are asked for, and how many times the pass-through's cost the relay may take. The targets come from the
 * issues that introduced the lanes. A lane without one is measured for the record.
 */
import { requestBody } from "./messages.ts";
import { CHAT, GEMINI, MESSAGES_HEADERS, RESPONSES, responsesBody, type Wire } from "./wires.ts";

export interface Lane {
  name: string;
  /** What the fake provider is asked for (see upstream.ts). */
  path: string;
  body: Buffer;
  headersOf: Wire["headersOf"];
  concurrency: number;
  /** Per round and side; enough for half a second of CPU, because Linux counts it in ticks of 10 ms. */
  requests: number;
  /** Times the base, which is the pass-through, or the relay itself in another setup. */
  targets: { cpu?: number; firstToken?: number };
}

const PROMPT = requestBody(4_000, true);
const WHOLE_PROMPT = requestBody(4_000, false);
const LONG_PROMPT = requestBody(1_000_000, true);
const LONG_WHOLE_PROMPT = requestBody(1_000_000, false);

const EVENTS_300 = { path: "v1/messages?events=300", body: PROMPT, headersOf: MESSAGES_HEADERS };
const EVENTS_50 = { path: "v1/messages?events=50", body: PROMPT, headersOf: MESSAGES_HEADERS };
const WHOLE = { path: "v1/messages", body: WHOLE_PROMPT, headersOf: MESSAGES_HEADERS };

export const LANES: Lane[] = [
  {
    name: "300 events, c1",
    ...EVENTS_300,
    concurrency: 1,
    requests: 150,
    targets: { cpu: 1.8, firstToken: 2.5 },
  },
  { name: "300 events, c8", ...EVENTS_300, concurrency: 8, requests: 240, targets: { cpu: 1.8 } },
  wireLane("Responses, 300 events, c1", RESPONSES),
  wireLane("Chat, 300 events, c1", CHAT),
  wireLane("Gemini, 300 events, c1", GEMINI),
  { name: "50 events, c1", ...EVENTS_50, concurrency: 1, requests: 300, targets: { cpu: 2.5 } },
  { name: "50 events, c8", ...EVENTS_50, concurrency: 8, requests: 600, targets: { cpu: 2.5 } },
  // An agent's conversation in the middle of a day's work: about 50,000 and 100,000 tokens.
  ...[200, 400].flatMap((kB): Lane[] => {
    const common = { concurrency: 1, requests: 250, targets: {} };
    const { path, headersOf } = RESPONSES;
    return [
      { name: `${kB} kB body, 50 events, c1`, ...EVENTS_50, body: requestBody(kB * 1_000, true), ...common },
      {
        name: `Responses, ${kB} kB body, 50 events, c1`,
        path: `${path}?events=50`,
        body: responsesBody(kB * 1_000),
        headersOf,
        ...common,
      },
    ];
  }),
  {
    name: "1 MB body, 50 events, c1",
    ...EVENTS_50,
    body: LONG_PROMPT,
    concurrency: 1,
    requests: 150,
    targets: { cpu: 2.0 },
  },
  { name: "1 MB body, 300 events, c1", ...EVENTS_300, body: LONG_PROMPT, concurrency: 1, requests: 100, targets: {} },
  { name: "1 MB body, no stream, c1", ...WHOLE, body: LONG_WHOLE_PROMPT, concurrency: 1, requests: 200, targets: {} },
  { name: "no stream, c1", ...WHOLE, concurrency: 1, requests: 600, targets: {} },
  { name: "no stream, c8", ...WHOLE, concurrency: 8, requests: 1_200, targets: {} },
];

/** How many accounts the larger pool has. */
export const POOL_SIZE = 50;

/** Compared with the relay itself with one account, instead of the pass-through. */
export const POOL_LANE: Lane = {
  name: `no stream, c1, ${POOL_SIZE} accounts`,
  ...WHOLE,
  concurrency: 1,
  requests: 600,
  targets: { cpu: 1.1 },
};

/** Through an account with a sign-in, compared with the same relay through one with a key. */
export const SIGN_IN_LANES: Lane[] = [
  { name: "no stream, c1, signed in", ...WHOLE, concurrency: 1, requests: 600, targets: { cpu: 1.1 } },
  { name: "50 events, c1, signed in", ...EVENTS_50, concurrency: 1, requests: 300, targets: { cpu: 1.1 } },
];

function wireLane(name: string, { path, body, headersOf }: Wire): Lane {
  const asked = `${path}${path.includes("?") ? "&" : "?"}events=300`;
  return { name, path: asked, body, headersOf, concurrency: 1, requests: 150, targets: { cpu: 1.8 } };
}
