import { describe, expect, test } from "vitest";
import { evidenceOf, type FaultInput } from "../../src/providers/faults/evidence.ts";
import { matches } from "../../src/providers/faults/rule.ts";
import { FAULTS } from "../../src/providers/faults/table.ts";
import { classify, type Fault } from "../../src/providers/faults.ts";
import { family as ofGoogle } from "../../src/providers/gemini/family.ts";
import { kindOf } from "../../src/providers/kinds.ts";
import { PLATFORMS, type Platform } from "../../src/vocabulary.ts";
import { CASES } from "./fault-cases.ts";
import { claude, google, NOW, openai, quota, type Try } from "./fault-shapes.ts";

const MODEL: Record<Platform, string> = {
  anthropic: "claude-opus-4-8",
  openai: "gpt-5.5",
  gemini: "gemini-2.5-flash",
  droid: "claude-opus-4-8",
  antigravity: "gemini-3-pro",
};

/** Antigravity has Google's limits. */
function inputOf(platform: Platform, { model = MODEL[platform], ...attempt }: Try): FaultInput {
  const family = (kindOf(platform, "api-key")?.family ?? ofGoogle)(model);
  return { platform, ...attempt, family, headers: new Headers(attempt.headers) };
}

const bare = (status: number, body = ""): Try => ({ status, body, headers: {} });

/** A fault in the columns of the cases. */
function columnsOf(fault: Fault): string {
  const own = fault.onExhausted === "verbatim" ? "verbatim" : "relay";
  const until = fault.class === "request" || fault.until === null ? "grows" : `${(fault.until - NOW) / 1000}s`;
  switch (fault.class) {
    case "request":
      return `request | ${fault.condition} | nobody | - | ${own}`;
    case "upstream":
      return `upstream | ${fault.condition} | breaker | ${until} | next+${own}`;
    case "credential": {
      const who = typeof fault.scope === "string" ? fault.scope : `family ${fault.scope.family}`;
      const long = fault.permanent ? "admin" : who === "nobody" ? "-" : until;
      return `credential | ${fault.condition} | ${who} | ${long} | next+${own}`;
    }
  }
}

describe.each(PLATFORMS)("%s", (platform) => {
  test.each(CASES[platform])("%s", (_, attempt, expected) => {
    const fault = classify(inputOf(platform, attempt), NOW);
    expect(columnsOf(fault)).toBe(expected);
    expect(fault.status).toBe(attempt.status);
  });

  test("a 4xx that nobody knows is the request's fault, a 5xx the upstream's", () => {
    for (const status of [400, 406, 418, 451, 499]) {
      expect(columnsOf(classify(inputOf(platform, bare(status)), NOW))).toMatch(/^request .* verbatim$/);
    }
    for (const status of [500, 501, 507, 521, 599]) {
      expect(classify(inputOf(platform, bare(status)), NOW).class).toBe("upstream");
    }
  });
});

test("there are more than sixty cases, and every row of the table decides at least one", () => {
  const attempts = PLATFORMS.flatMap((platform) => CASES[platform].map(([, attempt]) => inputOf(platform, attempt)));
  expect(attempts.length).toBeGreaterThan(60);
  const deciding = attempts.map((input) => {
    const evidence = evidenceOf(input, NOW);
    return FAULTS.find((row) => matches(row, evidence));
  });
  expect(FAULTS.filter((row) => !deciding.includes(row))).toEqual([]);
});

test.each([
  ["openai", openai(429, "insufficient_quota", "insufficient_quota"), true],
  ["anthropic", bare(402), true],
  ["gemini", google(429, "RESOURCE_EXHAUSTED", "words", [quota("RequestsPerDayPerProject")]), true],
  ["openai", openai(429, "rate_limit_exceeded", "requests"), false],
  ["openai", bare(401), false],
] as const)("%s %o: out of quota is %s", (platform, attempt, outOfQuota) => {
  expect(classify(inputOf(platform, attempt), NOW)).toMatchObject({ class: "credential", outOfQuota });
});

test.each(["{", "[]", "null", '"text"', '{"error":null}', '{"error":[1]}', '{"error":{"details":[null,1,{}]}}', "\0"])(
  "a body of %s is judged by its status alone",
  (body) => {
    expect(classify(inputOf("gemini", bare(429, body)), NOW).condition).toBe("rate_limited");
    expect(classify(inputOf("openai", bare(400, body)), NOW).condition).toBe("invalid_request");
  },
);

test("a family that the model's name does not tell leaves the key to step aside", () => {
  const attempt = { ...claude(403, "permission_error"), model: "glm-4.6" };
  expect(classify(inputOf("anthropic", attempt), NOW)).toMatchObject({ scope: "key" });
  expect(classify({ ...inputOf("anthropic", attempt), family: null }, NOW)).toMatchObject({ scope: "key" });
});
