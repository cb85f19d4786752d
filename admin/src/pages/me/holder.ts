/**
 * What the relay tells the holder of a key, which is sent as a header. The shapes are the relay's own. What another page of the console
 * shows too is converted to that page's shape here.
 */
import type { QuotaView } from "../../../../src/holder/quota.ts";
import type { OwnRequestsView, OwnRequestView } from "../../../../src/holder/requests.ts";
import type { DaysView, ModelsView, SumsView } from "../../../../src/holder/sums.ts";
import type { Answer } from "../../api.ts";
import { format } from "../../locale/strings.ts";
import { NO_ANSWER, type Problem, problemFrom, UNREADABLE } from "../../problem.ts";
import type { DaySums, ModelSums } from "../key/key-usage.tsx";
import type { Page } from "../requests/timeline.ts";
import { words } from "./words.ts";

export type { OwnRequestView, QuotaView };

export interface Holder {
  quota(signal: AbortSignal): Promise<Answer<QuotaView>>;
  totals(signal: AbortSignal): Promise<Answer<SumsView>>;
  days(signal: AbortSignal): Promise<Answer<DaySums>>;
  models(signal: AbortSignal): Promise<Answer<ModelSums>>;
  requests(cursor: string | null, signal?: AbortSignal): Promise<Answer<Page<OwnRequestView>>>;
}

/** `onRefused` is told why the key may not ask: it no longer exists, is disabled, or is used at the wrong address. */
export function createHolder(key: string, onRefused: (problem: Problem) => void): Holder {
  async function read<Value>(path: string, signal?: AbortSignal): Promise<Answer<Value>> {
    const answer = await ask<Value>(path, key, signal);
    if (!answer.ok && (answer.problem.status === 401 || answer.problem.status === 403)) onRefused(answer.problem);
    return answer;
  }

  return {
    quota: (signal) => read("/quota", signal),
    totals: (signal) => read("", signal),
    async days(signal) {
      const answer = await read<DaysView>("/daily", signal);
      if (!answer.ok) return answer;
      const { items, from, to } = answer.value;
      return {
        ok: true,
        value: { items: items.map((item) => ({ ...item, day: item.date })), from, to, totals: summed(items) },
      };
    },
    models: (signal) => read<ModelsView>("/models", signal),
    async requests(cursor, signal) {
      const answer = await read<OwnRequestsView>(`/requests${cursor === null ? "" : `?cursor=${cursor}`}`, signal);
      if (!answer.ok) return answer;
      return { ok: true, value: { items: answer.value.items, nextCursor: answer.value.next_cursor } };
    },
  };
}

async function ask<Value>(path: string, key: string, signal: AbortSignal | undefined): Promise<Answer<Value>> {
  const response = await fetch(`/api/usage${path}`, {
    headers: { "x-api-key": key },
    // These routes do not use the console's cookie.
    credentials: "omit",
    cache: "no-store",
    ...(signal && { signal }),
  }).catch(() => null);
  if (response === null) return { ok: false, problem: NO_ANSWER };
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) return { ok: false, problem: refusalOf(response, body) };
  return body === undefined ? { ok: false, problem: UNREADABLE } : { ok: true, value: body as Value };
}

/** The relay's refusal in this page's words, if there are any for it. */
function refusalOf({ status, headers }: Response, body: unknown): Problem {
  const known: Record<string, string> = words.refusals;
  const reason = headers.get("x-edge-relay-refusal") ?? "";
  if (status === 429) return { status, text: words.tooOften(whenAfter(headers)), fields: [] };
  if (Object.hasOwn(known, reason)) return { status, text: known[reason] ?? "", fields: [] };
  return problemFrom(status, headers, body);
}

function whenAfter(headers: Headers): string | null {
  const seconds = Number(headers.get("retry-after") ?? 0);
  const now = Date.now();
  return seconds > 0 ? format.ago(new Date(now + seconds * 1_000).toISOString(), now) : null;
}

/** Sums dollars with at most nine decimals. Fewer are shown. */
function summed(items: readonly SumsView[]): { requests: number; cost_usd: string } {
  const add = (of: (item: SumsView) => number) => items.reduce((sum, item) => sum + of(item), 0);
  return { requests: add(({ requests }) => requests), cost_usd: String(add(({ cost_usd }) => Number(cost_usd))) };
}
