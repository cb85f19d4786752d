/** What OpenAI's own SDK makes of translated Responses streams: its stream helper refuses what is none of its API's. */

import type { Response as ModelResponse, ResponseCreateParams, Tool } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import type { HubAnswer, HubEvent } from "../../../src/protocols/translate/hub.ts";
import fc from "../../fast-check.ts";
import { streams } from "./arbitraries.ts";
import { block, end, read, START, TEXT } from "./from-responses/asked.ts";
import { openaiAnsweredWith } from "./sdk-openai.ts";

/** The names of calls in generated answers, as tools of each kind. */
const TOOLS = [
  { type: "function", name: "Read", parameters: {}, strict: false },
  { type: "custom", name: "Bash" },
  { type: "namespace", name: "functions", description: "", tools: [{ type: "custom", name: "constructor" }] },
  { type: "namespace", name: "mcp__server", description: "", tools: [{ type: "function", name: "a-tool" }] },
] as Tool[];

const BODY = { model: "asked", input: "hello", tools: TOOLS } satisfies ResponseCreateParams;

const CONTENTS = { search: true, interleaved: true, citations: true };
const cutsOfBytes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 });

function streamOf(events: readonly HubEvent[], ping = ""): string {
  const stream = read({ ...BODY }, { stream: true }).answer.stream();
  return events.map((event) => (ping === "" ? "" : stream.ping()) + stream.write(event)).join("");
}

const streamedBy = (text: string, cuts: readonly number[]): Promise<ModelResponse> =>
  openaiAnsweredWith(text, cuts).responses.stream(BODY).finalResponse();

function wholeBy(answer: HubAnswer): Promise<ModelResponse> {
  const body = JSON.stringify(read({ ...BODY }).answer.whole(answer));
  return openaiAnsweredWith(body, [1_000], "application/json").responses.parse(BODY);
}

describe("the SDK's stream helper", () => {
  test("ends with the same response as the whole answer, from any events in any cut, through pings", async () => {
    await fc.assert(
      fc.asyncProperty(streams(CONTENTS), cutsOfBytes, async ({ answer, events }, cuts) => {
        expect(await streamedBy(streamOf(events, "pinged"), cuts)).toEqual(await wholeBy(answer));
      }),
      { numRuns: 200 },
    );
  });

  test("throws where the upstream's answer broke, or was an error", async () => {
    const begun: HubEvent[] = [
      { type: "start", id: "m", usage: null },
      { type: "open", block: { type: "text", text: "" } },
      { type: "delta", text: "Hel" },
    ];
    const error: HubEvent = { type: "error", error: { status: 529, category: "overloaded", message: "Too busy." } };
    const broken = read({ ...BODY }).answer.stream();
    const written = begun.map((event) => broken.write(event)).join("") + broken.broken("It broke off.");
    await expect(streamedBy(streamOf([...begun, error]), [20])).rejects.toThrow("Too busy.");
    await expect(streamedBy(streamOf([error]), [20])).rejects.toThrow("Too busy.");
    await expect(streamedBy(written, [20])).rejects.toThrow("It broke off.");
  });

  test("takes a compaction", async () => {
    const body = {
      ...BODY,
      input: [{ role: "user", content: "hi" } as const, { type: "compaction_trigger" } as const],
    };
    const stream = read(body).answer.stream();
    const events = [START, ...block(TEXT, "A sum", "mary."), end()];
    const client = openaiAnsweredWith(events.map((event) => stream.write(event)).join(""), [11]);
    const final = await client.responses.stream({ ...BODY, input: body.input }).finalResponse();
    expect(final.output).toMatchObject([{ type: "compaction", id: "cmp_01" }]);
  });
});
