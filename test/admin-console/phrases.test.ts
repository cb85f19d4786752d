import { describe, expect, test } from "vitest";
import { inChinese } from "../../admin/src/locale/phrases-zh-cn.ts";
import {
  CLOUDFLARE_DESCRIPTIONS,
  faultDiagnosis,
  passedDiagnosis,
  signInDiagnosis,
  UNSENT_DESCRIPTIONS,
  unsentDiagnosis,
} from "../../src/account-check/diagnosis.ts";
import type { TemporaryState } from "../../src/pool/health.ts";
import { DESCRIPTIONS } from "../../src/providers/faults/descriptions.ts";
import type { Fault } from "../../src/providers/faults.ts";
import { KINDS } from "../../src/providers/kinds.ts";
import { isForeign } from "../browser/foreign-words.ts";

const NAMES = [/\S*_\S*/, /claude-\S+/];
const UNTIL = Date.parse("2026-11-21T12:00:00Z");

/** In Chinese, whole. */
function expectChinese(english: string): string {
  const chinese = inChinese(english);
  expect(chinese, english).not.toBeNull();
  expect(isForeign(chinese ?? "", NAMES), `${english}: ${chinese}`).toBe(false);
  return chinese ?? "";
}

const fault = (condition: string, status = 0): Fault =>
  ({ condition, status, class: "credential", until: status === 429 ? UNTIL : null }) as unknown as Fault;

describe("what the relay says in English is said in Chinese", () => {
  test("of every fault, as it stands and as a test of an account puts it", () => {
    for (const [condition, description] of Object.entries(DESCRIPTIONS)) {
      const plain = expectChinese(description);
      for (const status of [0, 404, 429]) {
        const diagnosis = expectChinese(faultDiagnosis(fault(condition, status), "claude-haiku-4-5", ""));
        expect(diagnosis, condition).toContain(plain);
        if (status !== 0) expect(diagnosis).toContain(String(status));
        if (status === 429) expect(diagnosis).toContain("2026-11-21T12:00:00.000Z");
        if (condition.startsWith("model_")) expect(diagnosis).toContain("claude-haiku-4-5");
      }
    }
    for (const status of Object.keys(CLOUDFLARE_DESCRIPTIONS)) {
      expectChinese(faultDiagnosis(fault("origin_unreachable", Number(status)), "claude-haiku-4-5", ""));
    }
  });

  test("of a test that passed, and of what was not sent", () => {
    const passed = { model: "claude-haiku-4-5", reported: "claude-haiku-4-5-20251001", ttftMs: 12, totalMs: 345 };
    const resting = [{ condition: "usage_limit", until: UNTIL }] as unknown as TemporaryState[];
    for (const figure of ["claude-haiku-4-5-20251001", "12 ms", "345 ms"]) {
      expect(expectChinese(passedDiagnosis(passed, []))).toContain(figure);
    }
    expect(expectChinese(passedDiagnosis({ ...passed, ttftMs: null, reported: null }, resting))).toContain("用量上限");
    expectChinese(signInDiagnosis(["Claude Code"], UNTIL));
    for (const name of Object.keys(UNSENT_DESCRIPTIONS) as (keyof typeof UNSENT_DESCRIPTIONS)[]) {
      expectChinese(unsentDiagnosis(name));
    }
  });

  test("of the terms of every provider that is signed in to, and of settings that are missing", () => {
    const terms = KINDS.flatMap(({ oauth }) => (oauth ? [oauth.terms] : []));
    expect(terms.length).toBeGreaterThan(4);
    for (const text of terms) expectChinese(text);
    const missing =
      "OAUTH_GOOGLE_CLIENT_ID and OAUTH_GOOGLE_CLIENT_SECRET are not set, or not to an address that may be asked";
    expect(expectChinese(missing)).toContain("OAUTH_GOOGLE_CLIENT_SECRET");
  });

  test("of the steps of a test", () => {
    const asked = "Asking api.anthropic.com for claude-haiku-4-5 with key …1234";
    expect(expectChinese(asked)).toContain("api.anthropic.com");
    expect(
      expectChinese("Asking api.anthropic.com through the binding HOME for claude-haiku-4-5 with key …1234"),
    ).toContain("HOME");
    expectChinese("It began to answer after 12 ms");
  });

  test("and what it may say besides is not guessed at", () => {
    for (const text of ["Others keep changing this key at the same moment; try again", "", "It broke."]) {
      expect(inChinese(text)).toBeNull();
    }
  });
});

describe("English in a Chinese page", () => {
  test.each([
    "The account has no credit",
    "Loading…",
    "Copy: In a terminal",
    "请 add an account 再试",
    "limited until tomorrow",
  ])("is %j", (text) => {
    expect(isForeign(text)).toBe(true);
  });

  test.each([
    "Claude Code",
    "订阅，供 Claude Code 使用",
    "token 总数",
    "API 密钥",
    "claude-sonnet-4-5",
    "125 ms",
    "model_mapping",
    "https://api.anthropic.com/v1",
    "Edge Relay",
    "$12.40",
  ])("is not %j", (text) => {
    expect(isForeign(text)).toBe(false);
  });
});
