/** How Google refuses at `v1internal`, according to Gemini CLI's `utils/googleQuotaErrors.test.ts`. See fault-cases.ts. */
import { type Case, exhausted, google, info, of, retryInfo, type Try } from "./fault-shapes.ts";

const MODEL = "gemini-3.5-flash";
const denied = (reason: string): Try => of(MODEL, google(403, "PERMISSION_DENIED", "words", [info(reason)]));

export const CODE_ASSIST: Case[] = [
  [
    "v1internal: to be verified",
    denied("VALIDATION_REQUIRED"),
    "credential | verification_required | key | 900s | next+relay",
  ],
  [
    "v1internal: a breach of terms",
    denied("TOS_VIOLATION"),
    "credential | account_disabled | key | admin | next+relay",
  ],
  [
    "v1internal: a project that the person has no right to",
    denied("USER_PROJECT_DENIED"),
    "credential | project_not_ready | key | 900s | next+relay",
  ],
  [
    "v1internal: a perimeter around the project",
    denied("SECURITY_POLICY_VIOLATED"),
    "credential | project_not_ready | key | 900s | next+relay",
  ],
  [
    "v1internal: capacity of a model, as 429",
    of(MODEL, exhausted(info("MODEL_CAPACITY_EXHAUSTED"), retryInfo("9s"))),
    "credential | overloaded | family gemini-3.5-flash | 9s | next+verbatim",
  ],
  [
    "v1internal: capacity of a model, as 503",
    of(MODEL, google(503, "UNAVAILABLE", "words", [info("MODEL_CAPACITY_EXCEEDED")])),
    "credential | overloaded | family gemini-3.5-flash | grows | next+verbatim",
  ],
  [
    "v1internal: a quota of the model",
    of(MODEL, exhausted(info("QUOTA_EXHAUSTED", { model: MODEL, quotaResetDelay: "2h0m0s" }))),
    "credential | family_limit | family gemini-3.5-flash | 7200s | next+verbatim",
  ],
  [
    "v1internal: a quota of everything",
    of(MODEL, exhausted(info("QUOTA_EXHAUSTED", { quotaResetDelay: "539.477544ms" }))),
    "credential | rate_limited | key | 0.54s | next+verbatim",
  ],
  [
    "v1internal: a rate",
    of(MODEL, exhausted(info("RATE_LIMIT_EXCEEDED"), retryInfo("42s"))),
    "credential | rate_limited | key | 42s | next+verbatim",
  ],
];
