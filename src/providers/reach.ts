/**
 * What an answer to a request without a credential says about the way to its host: the request gets there, somebody on the way refuses
 * it, or nobody answers. Pure. The conditions are those of the fault table, and so are their descriptions.
 */
import { describeCondition } from "./faults/descriptions.ts";
import { evidenceOf, type FaultInput } from "./faults/evidence.ts";
import { classify } from "./faults.ts";

export type Reach = "reachable" | "blocked" | "unreachable";

export interface Verdict {
  reach: Reach;
  /** The fault table's name for what is wrong; null if nothing is. */
  condition: string | null;
  /** In plain words, with what to do about it; null if there is nothing to do. */
  explanation: string;
  advice: string | null;
  /** Cloudflare's data centre that took the request, such as `HKG`, if the host is behind Cloudflare. */
  colo: string | null;
}

/** What is asked there: the provider's API, or access tokens. */
export type Purpose = "api" | "tokens";

const OTHER_WAY: Record<Purpose, string> = {
  api: "Give its accounts an egress that leaves from elsewhere: a gateway or a binding of yours.",
  tokens:
    "Name another address in the setting of its TOKEN_URLS, or give its accounts a binding as egress, with token_requests.",
};
const ITS_ADDRESS: Record<Purpose, string> = {
  api: "Look at base_url, and at the gateway's where there is one.",
  tokens: "Look at the setting of its TOKEN_URLS.",
};

interface Meaning {
  reach: Reach;
  advice: (purpose: Purpose) => string;
}

/** Conditions that are about the way. All others are about a credential or a request, so the request got through. */
const MEANINGS: Record<string, Meaning> = {
  challenge_page: { reach: "blocked", advice: (purpose) => OTHER_WAY[purpose] },
  region_blocked: {
    reach: "blocked",
    advice: (purpose) =>
      `Set placement in wrangler.toml to a region that the provider serves, and deploy. Or: ${OTHER_WAY[purpose]}`,
  },
  redirected: {
    reach: "blocked",
    advice: (purpose) =>
      `${ITS_ADDRESS[purpose]} Where Cloudflare Access stands in front of a gateway, it wants a service token in egress_headers.`,
  },
  dns_failed: { reach: "unreachable", advice: (purpose) => ITS_ADDRESS[purpose] },
  tls_failed: { reach: "unreachable", advice: (purpose) => ITS_ADDRESS[purpose] },
  connect_failed: { reach: "unreachable", advice: (purpose) => ITS_ADDRESS[purpose] },
  origin_unreachable: { reach: "unreachable", advice: (purpose) => ITS_ADDRESS[purpose] },
  connection_reset: { reach: "unreachable", advice: () => "Try again; if it stays so, look at its address." },
  ended_early: { reach: "unreachable", advice: () => "Try again; if it stays so, look at its address." },
  timed_out: { reach: "unreachable", advice: () => "Try again; if it stays so, look at its address." },
  egress_unavailable: {
    reach: "unreachable",
    advice: () => "Look at EGRESS_BINDINGS and the bindings in wrangler.toml, or give the accounts another egress.",
  },
};

/** A page with a good status comes from somebody in front of the API. */
const PAGE: Meaning = { reach: "blocked", advice: (purpose) => ITS_ADDRESS[purpose] };

/** `now` in milliseconds since the epoch. Never throws, whatever the answer is. */
export function verdictOf(input: FaultInput, purpose: Purpose, now: number): Verdict {
  const { status, headers, transport } = input;
  const colo = /^[0-9a-f]{10,}-([A-Z]{3})$/.exec(headers.get("cf-ray") ?? "")?.[1] ?? null;
  const { condition } = classify(input, now);
  const isPage = transport === undefined && status < 300 && evidenceOf(input, now).html;
  const meaning = isPage ? PAGE : MEANINGS[condition];
  if (!meaning) {
    const wants = status === 401 || status === 403 ? " and wants a credential" : "";
    return { reach: "reachable", condition: null, explanation: `It answers${wants}.`, advice: null, colo };
  }
  const words = isPage ? "a web page instead of an API answer" : describeCondition(condition);
  const explanation = `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
  return { reach: meaning.reach, condition, explanation, advice: meaning.advice(purpose), colo };
}
