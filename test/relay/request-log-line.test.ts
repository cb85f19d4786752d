/** The line that the log has of a request at LOG_LEVEL debug. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { eventually } from "../eventually.ts";
import { streamOf } from "../front/messages.ts";
import { ask, behave, makeAccount, makeKey } from "./relay-in-process.ts";

beforeAll(() => makeAccount());
const before = env.LOG_LEVEL;
afterEach(() => {
  env.LOG_LEVEL = before;
  vi.restoreAllMocks();
});

test.each([
  ["debug", 1],
  ["info", 0],
])("at LOG_LEVEL %s each request has %i line, with figures and ids and nothing that was said", async (level, lines) => {
  env.LOG_LEVEL = level;
  const debug = vi.spyOn(console, "debug").mockImplementation(() => undefined);
  behave({ chunks: streamOf(["an answer that nobody logs"]) });
  const { id, key } = await makeKey();
  const asking = { messages: [{ role: "user", content: "a question that nobody logs" }] };
  await (await ask(key, { body: asking, headers: { "user-agent": "claude-cli/2.0.0" } })).text();
  await eventually(async () => expect(debug.mock.calls).toHaveLength(lines));
  for (const [text] of debug.mock.calls) {
    expect(JSON.parse(text)).toMatchObject({
      event: "request_ended",
      key: id,
      status: 200,
      outcome: "completed",
      tries: 1,
    });
    expect(text).not.toContain("nobody logs");
    expect(text).not.toContain(key);
  }
});
