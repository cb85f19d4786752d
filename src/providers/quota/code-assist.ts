/**
 * What Google itself says about the quota of a Code Assist sign-in, at `POST /v1internal:retrieveUserQuota`: a bucket for each model,
 * with the fraction that is left.
 */
import { array, object, text } from "../../ground/json.ts";
import { family } from "../gemini/family.ts";
import { secretOf } from "../kind.ts";
import { amount, moment } from "../retry-after.ts";
import type { QuotaEndpoint } from "./endpoint.ts";
import type { QuotaReading, QuotaWindow } from "./windows.ts";

/** Longer than any model's name. */
const LONGEST_NAME = 100;

export const CODE_ASSIST_QUOTA: QuotaEndpoint = {
  request: (baseUrl, credential) =>
    credential.project === null
      ? null
      : {
          method: "POST",
          url: `${baseUrl}/v1internal:retrieveUserQuota`,
          headers: { "content-type": "application/json", authorization: `Bearer ${secretOf(credential)}` },
          body: JSON.stringify({ project: credential.project }),
        },
  read: bucketsIn,
};

/** Null if the answer does not have this form. */
export function bucketsIn(answer: unknown, now: number): QuotaReading | null {
  const windows = array(object(answer)?.buckets).flatMap((bucket): QuotaWindow[] => {
    const { modelId, remainingFraction, resetTime, tokenType } = object(bucket) ?? {};
    const model = text(modelId)?.slice(0, LONGEST_NAME) ?? null;
    const left = amount(remainingFraction);
    if (model === null || left === null) return [];
    // Usually requests are counted. Other units of the same model have buckets of their own.
    const unit = text(tokenType) ?? "REQUESTS";
    const name = unit === "REQUESTS" ? model : `${model}_${unit.toLowerCase().slice(0, LONGEST_NAME)}`;
    const used = Math.max(0, 1 - left);
    const read = { status: null, reason: null, source: "retrieveUserQuota", readAt: now } as const;
    return [{ name, scope: family(model), used, ...read, resetsAt: moment(resetTime, now) }];
  });
  return windows.length > 0 ? { windows, deciding: null } : null;
}
