/** An answer that fails before it has given anything is still the relay's to move, and the client's to get in time. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { eventually } from "../eventually.ts";
import { errorOf, event, streamOf } from "../front/messages.ts";
import {
  type Asked,
  ask,
  asked,
  type Behaviour,
  behave,
  hurry,
  leasesFreed,
  makeAccount,
  makeKey,
  removeAccounts,
  rows,
  until,
} from "./relay-in-process.ts";

const ANSWER = streamOf(["Hello", " there"]);
/** message_start, the empty text block, a ping. */
const PRELUDE = ANSWER.slice(0, 3);
const OVERLOADED = event(errorOf("overloaded_error", "Overloaded"));

let first: { id: string; origin: string };
let second: { id: string; origin: string };
let key: { id: string; key: string };

beforeEach(async () => {
  await removeAccounts();
  first = await makeAccount({ priority: 1 });
  second = await makeAccount({ priority: 2 });
  key = await makeKey();
});
afterEach(() => vi.restoreAllMocks());

/** The first account does this, the second answers. */
function firstDoes(behaviour: Behaviour): void {
  behave((one: Asked) => (one.url.startsWith(first.origin) ? behaviour : { chunks: ANSWER }));
}

async function onlyRow(): Promise<Record<string, unknown> | undefined> {
  await leasesFreed(key.id);
  await eventually(async () => expect(await rows(key.id)).toHaveLength(1));
  const [row] = await rows(key.id);
  return row;
}

describe("an answer that fails before its first output is moved", () => {
  test.each<[string, Behaviour]>([
    [
      "an error behind comments, ids and pings",
      { chunks: [": wait\n\n", "id: 7\n", "event: ping\ndata: {}\n\n", OVERLOADED] },
    ],
    ["an error behind the beginning of a message", { chunks: [...PRELUDE, OVERLOADED], pauseMs: 10 }],
    ["an end behind the beginning of a message", { chunks: PRELUDE, pauseMs: 10 }],
    ["nothing but comments", { chunks: [": wait\n\n", ": wait\n\n"], pauseMs: 10 }],
  ])("%s", async (_, behaviour) => {
    firstDoes(behaviour);
    const response = await ask(key.key);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(ANSWER.join(""));
    const row = await onlyRow();
    expect(row).toMatchObject({ outcome: "completed", account_id: second.id });
    expect(JSON.parse(String(row?.attempts))).toMatchObject([{ account_id: first.id }, { account_id: second.id }]);
  });

  test("and the one connection is closed before the other is used", async () => {
    firstDoes({ chunks: [...PRELUDE, OVERLOADED], ending: "hang" });
    await (await ask(key.key)).text();
    expect(asked[0]?.over).toBe("closed");
  });
});

describe("a beginning that shows nothing yet", () => {
  test("is held, and passed on with the first output in one piece", async () => {
    firstDoes({ chunks: ANSWER, pauseMs: 30 });
    const response = await ask(key.key);
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe(ANSWER.slice(0, 4).join(""));
    await reader?.cancel();
  });

  test("is passed on after ten seconds, and not a byte is lost", async () => {
    hurry(10_000);
    firstDoes({ chunks: [PRELUDE.join(""), ...ANSWER.slice(3)], pauseMs: 400 });
    const response = await ask(key.key);
    expect(asked[0]?.written).toBe(1);
    expect(await response.text()).toBe(ANSWER.join(""));
    expect(await onlyRow()).toMatchObject({ outcome: "completed", account_id: first.id });
  });

  test("and an error behind it is then the stream's own", async () => {
    hurry(10_000);
    firstDoes({ chunks: [PRELUDE.join(""), OVERLOADED], pauseMs: 400 });
    expect(await (await ask(key.key)).text()).toBe(PRELUDE.join("") + OVERLOADED);
    expect(await onlyRow()).toMatchObject({ outcome: "upstream_broke", account_id: first.id });
  });
});

describe("the client is answered before it gives up", () => {
  test("an account that never answers is given up in time for the next", async () => {
    hurry(120_000);
    firstDoes({ silentMs: 20_000, chunks: ANSWER });
    expect(await (await ask(key.key)).text()).toBe(ANSWER.join(""));
    expect(await onlyRow()).toMatchObject({ account_id: second.id });
    expect(asked[0]?.over).toBe("closed");
  });

  test.each([
    ["a stream", true],
    ["a whole answer", false],
  ])(
    "%s that cannot come in the client's own time: refused before that, and nobody else is asked",
    async (_, stream) => {
      // Only a timer that ends within the client's time ends at once.
      hurry([60_000, 100_000]);
      behave({ silentMs: 200_000, chunks: ANSWER });
      const response = await ask(key.key, { body: { stream }, headers: { "x-stainless-timeout": "100" } });
      expect(response.status).toBe(502);
      expect(await response.text()).toMatch(/did not answer within \d\d s/);
      expect(asked).toHaveLength(1);
      expect(await onlyRow()).toMatchObject({ outcome: "upstream_unreachable" });
      await until(() => asked.every(({ over }) => over === "closed"));
    },
  );
});

/** All that can be read before the connection breaks. */
async function readable(response: Response): Promise<string> {
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += new TextDecoder().decode(chunk);
  } catch {
    // Broken, as it should be.
  }
  return text;
}

test("an upstream that falls silent in the middle is given up, and the client is told why", async () => {
  await removeAccounts();
  const slow = await makeAccount({ idle_timeout_seconds: 1 });
  hurry(10_000);
  behave({ chunks: ANSWER.slice(0, 4), ending: "hang" });
  const text = await readable(await ask(key.key));
  expect(await onlyRow()).toMatchObject({ outcome: "upstream_broke", account_id: slow.id });
  expect(asked[0]?.over).toBe("closed");
  expect(text).toContain("The upstream was silent for 1 s.");
});
