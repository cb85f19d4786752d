import { describe, expect, test } from "vitest";
import { type CheckProgress, readCheck } from "../../admin/src/pages/accounts/check-stream.ts";
import { trialOf } from "../../admin/src/pages/accounts/trial.ts";
import { outcomeView } from "../../src/admin/accounts/check.ts";

const OUTCOME = {
  ...{ key: { position: 0, hint: "…1234" }, condition: null, class: null, diagnosis: "Works", status: 200 },
  ...{ until: null, upstreamMessage: null, modelReported: "claude-haiku-4-5", text: "ok", ttftMs: 20, totalMs: 30 },
  ...{ inputTokens: 9, outputTokens: 2 },
};

/** What a check under keys of these outcomes comes to, as the relay's events tell it. */
async function seen(...outcomes: boolean[]): Promise<CheckProgress | null> {
  const events = outcomes.map((ok) => ["diagnosis", outcomeView({ ...OUTCOME, ok })]);
  const told = [...events, ["done", { ok: true, tested: outcomes.length, left_out: 0 }]];
  const body = told.map(([type, data]) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`).join("");
  let progress: CheckProgress | null = null;
  const problem = await readCheck(Promise.resolve(new Response(body)), (latest) => {
    progress = latest;
  });
  expect(problem).toBeNull();
  return progress;
}

const NOW = { ended: true, changed: false };

describe("an account that is tried before it is saved", () => {
  test("has worked only where every key has", async () => {
    expect(trialOf(await seen(true, true), NOW)).toBe("worked");
    expect(trialOf(await seen(true, false), NOW)).toBe("failed");
  });

  test("is untried before the test, while it runs, and where it broke off", async () => {
    expect(trialOf(null, NOW)).toBe("untried");
    expect(trialOf({ step: "Asking", results: [] }, NOW)).toBe("untried");
    expect(trialOf(await seen(true), { ...NOW, ended: false })).toBe("untried");
  });

  test("is not called tested once something else is entered", async () => {
    expect(trialOf(await seen(true), { ...NOW, changed: true })).toBe("changed");
    expect(trialOf(await seen(false), { ...NOW, changed: true })).toBe("changed");
  });
});
