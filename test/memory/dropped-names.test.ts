/** Where memory can be collected on demand: what the name of something that is left out still holds of the body it stood in. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import type { Json } from "../../src/protocols/translate/hub.ts";
import { laneFor } from "../../src/protocols/translate/lane-for.ts";
import { PROTOCOLS, type Protocol } from "../../src/protocols/wire.ts";
import { laneRequest, open } from "../protocols/translate/requests.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

const LENGTH = 8_000_000;
const HELLO = { role: "user", content: "hello" };

/** Bodies with a name of megabytes that is dropped. */
const BODIES: Record<Protocol, ((name: string) => Json)[]> = {
  anthropic: [
    (name) => ({ messages: [HELLO], [name]: 1 }),
    (name) => ({ messages: [HELLO], tools: [{ type: "x", name }] }),
    (name) => ({ messages: [HELLO, { role: "user", content: [{ type: name }] }] }),
  ],
  chat: [(name) => ({ messages: [HELLO], [name]: 1 }), (name) => ({ messages: [HELLO], tools: [{ type: name }] })],
  responses: [
    (name) => ({ input: "hello", [name]: 1 }),
    (name) => ({ input: [HELLO, { type: name }] }),
    (name) => ({ input: "hello", tools: [{ type: name }] }),
  ],
  gemini: [
    (name) => ({ contents: "hello", [name]: 1 }),
    (name) => ({ contents: "hello", tools: [{ [name]: {} }] }),
    (name) => ({ contents: "hello", generationConfig: { [name]: 1 } }),
    (name) => ({ contents: [{ parts: [{ text: "hello" }, { [name]: 1 }] }] }),
  ],
};

const CASES = PROTOCOLS.flatMap((from) => BODIES[from].map((body, index) => ({ from, body, index })));

test.each(CASES)("a name that is dropped holds nothing of its body: $from $index", async ({ from, body }) => {
  const client = { protocol: from, envelope: null, usageUnasked: false, task: "answer" } as const;
  const lane = laneFor(client, from === "chat" ? "anthropic" : "chat");
  if (!lane) throw new Error("no lane");
  const answerTo = () => {
    const parsed = JSON.parse(JSON.stringify(body("n".repeat(LENGTH)))) as Json;
    return open(lane, { ...laneRequest({}), json: () => parsed }).answer;
  };
  collect();
  const before = process.memoryUsage().heapUsed;
  const answer = answerTo();
  expect(answer.dropped).toHaveLength(1);
  await vi.waitFor(
    () => {
      collect();
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(LENGTH / 2);
    },
    { timeout: 2_000 },
  );
  expect(answer.dropped.join().length).toBeLessThan(200);
});
