/** Alerts in English. */
import { describeCondition } from "../../providers/faults/descriptions.ts";
import type { KeyLimitParams, NamedShare } from "../alert.ts";
import type { Texts } from "./texts.ts";

const LIMITS: Record<KeyLimitParams["limit"], string> = {
  window_requests: "requests of its window",
  window_tokens: "tokens of its window",
  window_cost: "cost of its window",
  daily_cost: "daily budget",
  weekly_cost: "weekly budget",
  total_cost: "total budget",
  total_tokens: "total tokens",
};

const ALLOWANCES: Record<string, string> = {
  worker_requests: "Worker requests",
  object_requests: "Durable Object requests",
  object_rows: "Durable Object rows written",
  d1_rows: "D1 rows written",
  kv_writes: "KV writes",
};

const reasonOf = (reason: string | null) => (reason === null ? [] : [`Why: ${describeCondition(reason)}.`]);

const periodOf = (of: "day" | "month") => (of === "day" ? "today" : "this month");

function shareLine(what: string, share: NamedShare | null): string[] {
  if (!share) return [];
  const { name, percent, before } = share;
  return [before === null ? `${what} ${name} is new: ${percent} %.` : `${what} ${name}: ${before} % → ${percent} %.`];
}

export const en: Texts = {
  say: {
    sign_in_needed: ({ name, reason }) => ({
      title: `Account ${name} needs a new sign-in`,
      lines: [...reasonOf(reason), "It serves nothing until somebody signs in again in the console."],
    }),
    sign_in_ends: ({ name, ends }, at) => ({
      title: `The sign-in of account ${name} ends soon`,
      lines: [`It ends at ${at(ends)}. Nothing renews it: put a new token in before.`],
    }),
    account_disabled: ({ name, reason }) => ({
      title: `Account ${name} is out of service`,
      lines: [...reasonOf(reason), "It does not come back by itself."],
    }),
    account_limited: ({ name, reason, until }, at) => ({
      title: `Account ${name} is limited`,
      lines: [...reasonOf(reason), ...(until ? [`Until: ${at(until)}.`] : [])],
    }),
    credential_unreadable: ({ name, position }) => ({
      title: `A key of account ${name} cannot be opened`,
      lines: [
        `Its place is ${position + 1}. ENCRYPTION_KEY is another than it was sealed with, or the row was changed: enter the key again.`,
      ],
    }),
    key_limit_near: ({ name, limit, percent, resets_at }, at) => ({
      title: `Key ${name} has used ${percent} % of its ${LIMITS[limit]}`,
      lines: resets_at ? [`It begins anew at ${at(resets_at)}.`] : ["It does not begin anew."],
    }),
    key_limit_reached: ({ name, limit, resets_at }, at) => ({
      title: `Key ${name} has used up its ${LIMITS[limit]}`,
      lines: [resets_at ? `It is refused until ${at(resets_at)}.` : "It is refused until somebody raises the limit."],
    }),
    budget_near: ({ of, percent, spent_usd, budget_usd }) => ({
      title: `The relay has used ${percent} % of ${periodOf(of)}'s budget`,
      lines: [`$${spent_usd} of $${budget_usd}. Nothing is refused for it.`],
    }),
    budget_reached: ({ of, spent_usd, budget_usd, to }, at) => ({
      title: `The relay has used up ${periodOf(of)}'s budget`,
      lines: [`$${spent_usd} of $${budget_usd}; the period ends at ${at(to)}. Nothing is refused for it.`],
    }),
    model_unpriced: ({ model, requests }) => ({
      title: `Model ${model} has no known price`,
      lines: [`${requests} requests of the last day were charged at a stand-in price. Set its price in the console.`],
    }),
    cache_share_fell: ({ percent, before, model, key, account }) => ({
      title: `Less comes from prompt caches: ${before} % → ${percent} %`,
      lines: [
        "Of all input tokens, in the last six hours and in the day before.",
        ...shareLine("Model", model),
        ...shareLine("Key", key),
        ...shareLine("Account", account),
      ],
    }),
    allowance_near: ({ allowance, percent, used, limit, exhausted_at }, at) => ({
      title: `${percent} % of the day's ${ALLOWANCES[allowance] ?? allowance} are used`,
      lines: [
        `${used} of ${limit} on the free plan; the day ends at midnight UTC.`,
        exhausted_at ? `At this rate they are used up at ${at(exhausted_at)}.` : "At this rate they last the day.",
      ],
    }),
    allowance_used_up: ({ of }) => ({
      title: `The day's ${of === "objects" ? "Durable Objects" : "D1"} allowance is used up`,
      lines: [
        of === "objects"
          ? "Every request is refused until midnight UTC: nobody else can hold the limits of a key."
          : "Requests are served; what they use is kept and written after midnight UTC.",
      ],
    }),
    flush_failing: ({ name, failures, next_try }, at) => ({
      title: `What key ${name} has used cannot be written to D1`,
      lines: [`${failures} tries have failed; the next is at ${at(next_try)}. Nothing is lost: its gate keeps it.`],
    }),
    booking_refused: ({ name, request }) => ({
      title: `D1 refuses an entry of key ${name}`,
      lines: [`Request ${request} is set aside and not in the log. Others are written.`],
    }),
    storage_unwritable: ({ since }, at) => ({
      title: "D1 takes no writes",
      lines: [
        `Since ${at(since)} at the latest. Requests are relayed, and what they use is kept and written later.`,
        "Where the day's allowance is used up, that ends at midnight UTC.",
      ],
    }),
    job_failed: ({ job }) => ({
      title: `A job of the cron failed: ${job}`,
      lines: ["The Worker's log says why. It is tried again at its next time."],
    }),
    new_version: ({ version, current, url }) => ({
      title: `Version ${version} is out`,
      lines: [`This relay is ${current}.`, ...(url ? [url] : [])],
    }),
    digest: (digest, at) => {
      const { period, from, to, requests, errors, cost_usd, cache_percent, top_keys, accounts } = digest;
      const share = (percent: number | null) => (percent === null ? "none" : `${percent} %`);
      return {
        title: `The relay's ${period}: ${requests[0]} requests, $${cost_usd[0]}`,
        lines: [
          `${at(from)} to ${at(to)}; the ${period} before in brackets.`,
          `Requests: ${requests[0]} (${requests[1]})`,
          `Errors: ${errors[0]} (${errors[1]})`,
          `Cost: $${cost_usd[0]} ($${cost_usd[1]})`,
          `From caches: ${share(cache_percent[0])} (${share(cache_percent[1])})`,
          ...top_keys.map(({ name, requests: count, cost_usd: cost }) => `Key ${name}: $${cost}, ${count} requests`),
          `Accounts: ${countsOf(accounts) || "none"}`,
        ],
      };
    },
  },
  over: (title) => `Over: ${title}`,
  again: (title) => `Still: ${title}`,
  repeated: "This may be a repetition: nobody knows whether the try before arrived.",
  test: (channel) => ({
    title: "A test of Edge Relay's alerts",
    lines: [`The channel ${channel} works. Nothing is wrong.`],
  }),
};

function countsOf(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([state, count]) => `${count} ${state.replaceAll("_", " ")}`)
    .join(", ");
}
