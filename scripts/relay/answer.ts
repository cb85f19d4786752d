/**
 * What an unsuccessful answer means: the relay's own refusals, and what Cloudflare or something else answers in the relay's place. Pure.
 * `doctor` and every other verb use this, so they all say the same.
 */
import { object, parse, text } from "../../src/ground/json.ts";
import type { Cause, Failure } from "./failure.ts";

export interface Answered {
  /** What was asked, for a person: an address, or the name of a place. */
  url: string;
  status: number;
  headers: Headers;
  body: string;
}

interface Sign {
  cause: Cause;
  exit: Failure["exit"];
  seen(answered: Answered): boolean;
  message: string;
  advice: string;
}

/** Cloudflare's own pages have the number in HTML. Clients that do not want HTML get `error code: 1027`, or JSON with an `error_code`. */
function isCloudflareError(number: number) {
  const inWords = new RegExp(`\\berror(?:[ _]code)?"?:?\\s*(?:<[^>]*>\\s*)*${number}\\b`, "i");
  return ({ body }: Answered) => inWords.test(body);
}

const location = ({ headers, url }: Answered): string => {
  const target = headers.get("location");
  return target && URL.canParse(target, url) ? new URL(target, url).href : "";
};

/** Cloudflare's own words, if they come through unchanged. */
function allowanceUsedUp(body: string): boolean {
  return /exceeded D1's free tier|exceeded allowed .{0,60}\bDurable Objects free tier/i.test(body);
}

/** In this order; the first match counts. */
const SIGNS: readonly Sign[] = [
  {
    cause: "access_in_front",
    exit: "notSignedIn",
    seen: (answered) =>
      /cloudflareaccess\.com|\/cdn-cgi\/access\//.test(location(answered)) ||
      (relayError(answered)?.type === "permission_error" && /Cloudflare Access/.test(answered.body)),
    message: "Cloudflare Access stands in front of the relay and did not let this request through.",
    advice:
      "Give a service token of Access that its policy lets in: CF_ACCESS_CLIENT_ID and CF_ACCESS_CLIENT_SECRET, or `edge-relay setup --access-id`.",
  },
  {
    cause: "bot_protection",
    exit: "unreachable",
    seen: ({ status, headers, body }) =>
      headers.get("cf-mitigated") === "challenge" ||
      ([403, 429, 503].includes(status) &&
        isPage(headers) &&
        /Just a moment|challenge-platform|Attention Required|cf-chl/i.test(body)),
    message: "Bot protection of the relay's domain answered with a web page; the relay did not see the request.",
    advice:
      "In Cloudflare's dashboard, add a WAF custom rule that skips bot protection (and Under Attack mode) for the relay's host name.",
  },
  {
    cause: "free_limit_reached",
    exit: "unreachable",
    seen: isCloudflareError(1027),
    message: "Error 1027: the day's requests to Workers are used up; the free plan has 100,000.",
    advice: "It goes on at 00:00 UTC. The paid plan has no such limit.",
  },
  {
    cause: "cpu_limit",
    exit: "failed",
    seen: isCloudflareError(1102),
    message: "Error 1102: this request has used up the Worker's CPU time.",
    advice: "Ask for less at once (`--limit`, a shorter time), or use the paid plan.",
  },
  {
    cause: "worker_threw",
    exit: "failed",
    seen: isCloudflareError(1101),
    message: "Error 1101: the Worker has thrown an exception.",
    advice: "Read its log: `npx wrangler tail --config .deploy/wrangler.json`.",
  },
  {
    cause: "no_worker_there",
    exit: "unreachable",
    seen: (answered) => isCloudflareError(1042)(answered) || /There is nothing here yet/i.test(answered.body),
    message: "No Worker is at this address.",
    advice: "Deploy the relay, or look up its address in Cloudflare's dashboard under Workers & Pages.",
  },
  {
    cause: "allowance_used_up",
    exit: "failed",
    seen: (answered) => relayError(answered)?.type === "allowance_used_up" || allowanceUsedUp(answered.body),
    message: "What the free plan allows in a day is used up.",
    advice: "It goes on at 00:00 UTC. docs/limits-and-costs.md says what is served meanwhile.",
  },
  {
    cause: "stale_schema",
    exit: "failed",
    seen: (answered) => relayError(answered)?.type === "schema_stale",
    message: "The database's tables are older than the Worker.",
    advice:
      "Run `npx wrangler d1 migrations apply DB --remote --config .deploy/wrangler.json` (a local relay: stop it and run `npm start` again).",
  },
  {
    cause: "missing_secret",
    exit: "failed",
    seen: (answered) => relayError(answered)?.type === "configuration_error",
    message: "The relay is not set up completely.",
    advice: "Set what it names, such as with `npx wrangler secret put KEY_SECRET --config .deploy/wrangler.json`.",
  },
  {
    cause: "sign_in_slowed_down",
    exit: "notSignedIn",
    seen: (answered) => answered.status === 429 && relayError(answered)?.type === "rate_limit_error",
    message: "The relay takes no more sign-ins for a moment.",
    advice: "Wait for a minute and try again.",
  },
  {
    cause: "not_signed_in",
    exit: "notSignedIn",
    seen: (answered) => answered.status === 401 && relayError(answered)?.type === "authentication_error",
    message: "The relay did not take the sign-in.",
    advice: "Sign in with `edge-relay setup`.",
  },
  {
    cause: "moved",
    exit: "unreachable",
    seen: ({ status }) => status >= 300 && status < 400,
    message: "The address leads elsewhere.",
    advice: "Use the address that it leads to, and https.",
  },
];

/** What is wrong with an answer that is not a success, or not JSON. */
export function diagnosis(answered: Answered): Failure {
  const own = relayError(answered);
  const sign = SIGNS.find(({ seen }) => seen(answered));
  if (sign) {
    const { cause, exit, message, advice } = sign;
    const to = cause === "moved" ? `: ${location(answered)}` : "";
    return { cause, exit, message: `${message}${own ? ` It says: ${own.message}` : to}`, advice };
  }
  const { url, status } = answered;
  if (own) {
    const usage = status === 400 || status === 413 || status === 415;
    return { cause: "refused", exit: usage ? "usage" : "failed", message: own.message };
  }
  return {
    cause: "not_a_relay",
    exit: "unreachable",
    message: `${url} did not answer as a relay does (status ${status}, ${answered.headers.get("content-type") ?? "no content type"}).`,
    advice: "Check the address: it is the relay's origin, such as https://relay.example.com, without a path.",
  };
}

/** The relay's own envelope. In every wire format the message is in the same place. */
function relayError({ body }: Answered): { type: string; message: string } | null {
  const error = object(object(parse(body))?.error);
  const message = text(error?.message);
  return message === null ? null : { type: text(error?.type) ?? "", message };
}

function isPage(headers: Headers): boolean {
  return /\btext\/html\b/i.test(headers.get("content-type") ?? "");
}

/** What is wrong if no answer came at all. `error`: what `fetch` threw. */
export function connectionFailure(url: string, error: unknown): Failure {
  const { host, hostname } = new URL(url);
  const code = codeOf(error);
  if (code === "AbortError") return { exit: "interrupted", message: "Stopped." };
  const hasName = code !== "ENOTFOUND" && code !== "EAI_AGAIN";
  if (hostname.endsWith(".workers.dev") && hasName) {
    const message = `${host} cannot be reached (${code}).`;
    const advice =
      "Some networks, such as those of mainland China, block workers.dev: give the relay a domain of your own (docs/deploy.md).";
    return { exit: "unreachable", cause: "workers_dev_blocked", message, advice };
  }
  const [message, advice] = wordsFor(code, host);
  return { exit: "unreachable", cause: "no_connection", message, advice };
}

function wordsFor(code: string, host: string): [message: string, advice: string] {
  switch (code) {
    case "ECONNREFUSED":
      return [`Nobody listens at ${host}.`, "Start the relay (`npm start`), or name another one with --url."];
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return [`The name of ${host} cannot be looked up.`, "Check the address, and your connection."];
    case "TimeoutError":
    case "ETIMEDOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
      return [`${host} did not answer in time.`, "Try again; `edge-relay doctor` looks closer."];
    default:
      return [`${host} cannot be reached (${code}).`, "Check the address; `edge-relay doctor` looks closer."];
  }
}

/** The system's code if there is one, else the error's name or message. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = object(error.cause);
  return text(cause?.code) ?? (error.name === "TypeError" ? (text(cause?.message) ?? error.message) : error.name);
}
