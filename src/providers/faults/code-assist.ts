/**
 * What errors of Google's `v1internal` mean. Their reasons say more than their statuses. So the table (table.ts) has these rules before
 * those that go by status. Facts: Gemini CLI's `utils/googleQuotaErrors.ts` and `utils/errors.ts`.
 */
import { MINUTE_MS } from "../../ground/durations.ts";
import type { FaultRule } from "./rule.ts";

const GOOGLE = ["gemini", "antigravity"] as const;

export const CODE_ASSIST: readonly FaultRule[] = [
  {
    platforms: GOOGLE,
    condition: "verification_required",
    // Somebody has to open a page of Google's. Nothing is served before that.
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
    // It is about the capacity of a model, although its status is that of a quota. It says nothing about the account's own quota.
    when: { status: [400, 599], typed: ["MODEL_CAPACITY_EXHAUSTED", "MODEL_CAPACITY_EXCEEDED"] },
    effect: { class: "credential", scope: "family" },
    onExhausted: "verbatim",
  },
];
