import { expect, test } from "vitest";
import { answerDeadline, LONGEST_SILENCE_MS } from "../../src/relay/deadline.ts";

/** Seconds from the request's arrival. */
function within(streams: boolean, timeout?: string): number {
  const headers = timeout === undefined ? undefined : { "x-stainless-timeout": timeout };
  return (
    answerDeadline(
      { http: new Request("https://relay.test", { ...(headers && { headers }) }), startedAt: 0 },
      streams,
    ) / 1000
  );
}

test("a stream begins before Claude Code and Codex give up at 300 s, whatever timeout is announced", () => {
  expect(within(true)).toBe(285);
  expect(within(true, "600")).toBe(285);
});

test("a whole answer comes before the timeout that the client announces, and before Cloudflare closes", () => {
  expect(within(false)).toBe(285);
  expect(within(false, "300")).toBe(285);
  expect(within(false, "600")).toBe(375);
});

test("a client of little patience is answered within it, and a senseless timeout says nothing", () => {
  expect(within(true, "20")).toBe(18);
  for (const senseless of ["0", "-5", "soon", ""]) expect(within(true, senseless)).toBe(285);
});

test("a silent upstream is given up before the client gives up at 300 s", () => {
  // Silence is looked for every ten seconds.
  expect(LONGEST_SILENCE_MS + 10_000).toBeLessThan(300_000);
});
