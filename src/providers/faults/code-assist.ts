/**
 * What errors of Google's `v1internal` mean, whose reasons say more than their statuses do. Facts: Gemini CLI's
 * `utils/googleQuotaErrors.ts` and `utils/errors.ts`. So these rules stand in the table (table.ts) before those that go by status.
 */
import { MINUTE_MS } from "../../ground/durations.ts";
import type { FaultRule } from "./rule.ts";

const GOOGLE = ["gemini", "antigravity"] as const;

export const CODE_ASSIST: readonly FaultRule[] = [
  {
    platforms: GOOGLE,
    condition: "verification_required",
    // A person opens a page of Google's; until then nothing is served.
    when: { status: 403, typed: ["VALIDATION_REQUIRED"] },
    effect: { class: "credential", scope: "key", cooldown: 15 * MINUTE_MS },
  },
  {
    platforms: GOOGLE,
    condition: "account_disabled",
    when: { status: 403, typed: ["TOS_VIOLATION"] },
    effect: { class: "credential", scope: "key", permanent: true },
  },
  {
    platforms: GOOGLE,
    condition: "overloaded",
    // It is said of a model, with the status of a quota; what the account may use has nothing to do with it.
    when: { status: [400, 599], typed: ["MODEL_CAPACITY_EXHAUSTED", "MODEL_CAPACITY_EXCEEDED"] },
    effect: { class: "credential", scope: "family" },
    onExhausted: "verbatim",
  },
];
