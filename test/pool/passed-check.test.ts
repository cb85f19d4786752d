/** What a test that was answered ends, and what it leaves. */
import { expect, test } from "vitest";
import {
  type AccountHealth,
  afterFault,
  afterSuccess,
  HEALTHY,
  isUsable,
  temporaryStates,
} from "../../src/pool/health.ts";
import { afterPassedCheck } from "../../src/pool/passed-check.ts";
import { classify } from "../../src/providers/faults.ts";

const NOW = Date.UTC(2027, 0, 1, 12);
const KEYS = ["a", "b"];

function fault(status: number, headers: Record<string, string> = {}, family: string | null = null) {
  const body = '{"type":"error","error":{"type":"x","message":"no"}}';
  return classify({ platform: "anthropic", family, status, headers: new Headers(headers), body }, NOW);
}

function after(...faults: { key: string; fault: ReturnType<typeof fault> }[]): AccountHealth {
  return faults.reduce((health, { key, fault }) => afterFault(health, fault, key, NOW), HEALTHY);
}

test("a healthy account stays the same object", () => {
  expect(afterPassedCheck(HEALTHY, "a", null, NOW)).toBe(HEALTHY);
  const other = after({ key: "b", fault: fault(429) });
  expect(temporaryStates(afterPassedCheck(other, "a", null, NOW), NOW)).toHaveLength(1);
});

test("an open breaker is closed, and its next opening still grows", () => {
  const outage = { key: "a", fault: fault(500) };
  const open = after(outage, outage, outage);
  expect(isUsable(open, null, NOW + 1_000, KEYS)).toBe("no");
  const proven = afterPassedCheck(open, "a", null, NOW + 1_000);
  expect([isUsable(proven, null, NOW + 1_000, KEYS), proven.probing, proven.failures]).toEqual(["yes", false, 0]);
  // Any other success leaves it open: it may have been under way before.
  expect(isUsable(afterSuccess(open, "a", NOW + 1_000), null, NOW + 1_000, KEYS)).toBe("no");
});

test("a guess about the key ends, one about another key does not", () => {
  const health = after({ key: "a", fault: fault(401) }, { key: "b", fault: fault(401) });
  const proven = afterPassedCheck(health, "a", null, NOW + 1_000);
  expect(temporaryStates(proven, NOW + 1_000).map(({ key }) => key)).toEqual(["b"]);
});

test("a guess about the family that answered ends, one about another does not", () => {
  const health = after({ key: "a", fault: fault(403, {}, "opus") }, { key: "a", fault: fault(403, {}, "haiku") });
  expect(temporaryStates(health, NOW).map(({ family }) => family)).toEqual(["opus", "haiku"]);
  const proven = afterPassedCheck(health, "a", "haiku", NOW + 1_000);
  expect(temporaryStates(proven, NOW + 1_000).map(({ family }) => family)).toEqual(["opus"]);
  expect(afterPassedCheck(health, "a", "constructor", NOW + 1_000).keys.a).toEqual(health.keys.a);
});

test("an end that the provider has named stays", () => {
  const health = after({ key: "a", fault: fault(429, { "retry-after": "600" }) });
  expect(temporaryStates(afterPassedCheck(health, "a", null, NOW + 1_000), NOW + 1_000)).toEqual([
    { scope: "key", key: "a", family: null, condition: "rate_limited", until: NOW + 600_000 },
  ]);
});

test("a key that was taken for closed is open again", () => {
  const body = '{"type":"error","error":{"message":"This organization has been disabled."}}';
  const input = { platform: "anthropic", family: null, status: 403, headers: new Headers(), body } as const;
  const health = after({ key: "a", fault: classify(input, NOW) });
  expect(temporaryStates(health, NOW)).toMatchObject([{ until: null }]);
  expect(temporaryStates(afterPassedCheck(health, "a", null, NOW), NOW)).toEqual([]);
});
