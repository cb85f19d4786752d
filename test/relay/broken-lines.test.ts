/** A stream that its upstream breaks off anywhere: what the client's parser makes of it are whole events. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as chat from "../front/chat.ts";
import { streamOf } from "../front/messages.ts";
import { ask, behave, makeAccount, makeKey, removeAccounts } from "./relay-in-process.ts";

afterEach(() => vi.restoreAllMocks());

const WORDS = ["one ", "two ", "three ", "four ", "five "];

const LANES: [string, string, object, string[]][] = [
  ["Messages", "/v1/messages", {}, streamOf(WORDS)],
  [
    "Chat",
    "/openai/chat/completions",
    { model: "gpt-5.5", stream_options: { include_usage: true } },
    chat.streamOf(WORDS),
  ],
  ["Chat whose usage was not asked for", "/openai/chat/completions", { model: "gpt-5.5" }, chat.streamOf(WORDS)],
];

let key: { id: string; key: string };

beforeEach(async () => {
  await removeAccounts();
  await makeAccount();
  await makeAccount({ platform: "openai" });
  key = await makeKey();
});

/** What came until the connection broke. */
async function received(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
  } catch {
    return text;
  }
  throw new Error("it did not break");
}

/** The data of each event, as the standard has it: what the end of the stream cuts is no event. */
function eventsIn(text: string): string[] {
  const events = text.split(/\r?\n\r?\n/).slice(0, -1);
  return events.map((event) =>
    event
      .split(/\r?\n/)
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice("data:".length).trim())
      .join("\n"),
  );
}

const CUTS: [string, (event: string) => string, boolean][] = [
  ["between two events", () => "", true],
  ["in the middle of a line", (event) => event.slice(0, -12), false],
  ["behind its data", (event) => event.slice(0, -1), true],
  ["behind its first line", (event) => event.slice(0, event.indexOf("\n") + 1), true],
];

test.each(LANES.flatMap((lane) => CUTS.map((cut) => [lane[0], cut[0], lane, cut] as const)))(
  "%s, %s",
  async (_, __, [, path, body, events], [, cut, told]) => {
    behave({ chunks: [...events.slice(0, 4), cut(events[4] ?? "")].filter((chunk) => chunk !== "") });
    const text = await received(await ask(key.key, { path, body: { ...body } }));
    const data = eventsIn(text);
    expect(data.length).toBeGreaterThan(3);
    expect(data.filter((one) => !isJson(one))).toEqual([]);
    // In the middle of a line the break alone tells it.
    expect(data.some((one) => one.includes("broke off"))).toBe(told);
  },
);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
