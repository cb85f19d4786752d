/**
 * What a failed try shows about its cause, gathered once so that the rules of the table can be plain data. Draws no
 * conclusion.
 */
import { object, parse } from "../../ground/json.ts";
import type { Platform } from "../../vocabulary.ts";
import { awsErrorType } from "../bedrock/errors.ts";
import { ANTHROPIC_DIMENSIONS, amount, unifiedWindows } from "../retry-after.ts";
import { detailsOf, type ErrorBody, readErrorBody, violationsIn } from "./error-body.ts";

/** How a try failed before there was a response, or while its beginning was read. */
export type Transport =
  | "dns"
  | "tls"
  | "connect"
  | "timeout"
  /** It had less time than an upstream is given: its client, or the tries before it, left no more. */
  | "hurried"
  | "reset"
  | "ended_early"
  | "redirect"
  /** There is no way out of the relay for this account: nothing was sent. */
  | "egress";

/** fetch has one error for all that can go wrong below HTTP; its words are all there is to tell them apart. A kind's stream has its own. */
export function transportOf(detail: string): Transport {
  if (/dns|resolve|not found/i.test(detail)) return "dns";
  if (/tls|certificate|ssl/i.test(detail)) return "tls";
  return /lost|reset|disconnect|stream is broken/i.test(detail) ? "reset" : "connect";
}

/** A failed try. The status of an error event in a 200 stream is the one the caller derived from its type. */
export interface FaultInput {
  platform: Platform;
  /** What the provider limits together with the model that was asked for; null where there is no such thing. */
  family: string | null;
  /** 0 where there was no response. */
  status: number;
  headers: Headers;
  /** The beginning of the body, at most 64 KB. */
  body: string;
  transport?: Transport;
  /** The request asked to be served faster, which the provider limits by itself. */
  fast?: boolean;
}

export interface Evidence {
  platform: Platform;
  family: string | null;
  status: number;
  transport: Transport | null;
  error: ErrorBody;
  /** The parsed body; undefined when it is no JSON. */
  body: unknown;
  html: boolean;
  /** Cloudflare's own word for a page that wants a browser. */
  challenge: boolean;
  /** What the provider says is used up: everything, or one model family. */
  limit: { of: "account" } | { of: "family"; family: string | null } | null;
  /** A quota that is counted by the day. */
  daily: boolean;
  /** One of the rates that Anthropic counts by class of model has nothing left. */
  dimension: boolean;
  /** The request asked to be served faster. */
  fast: boolean;
}

/** Or what Cloudflare's firewall says in place of a page to who does not ask for one. */
const PAGE = /^\s*<(?:!doctype|html)|^error code: 1\d{3}\s*$/i;

export function evidenceOf(input: FaultInput, now: number): Evidence {
  const { headers, platform, family, status } = input;
  const body = parse(input.body);
  const error = withAwsType(readErrorBody(body), headers);
  return {
    platform,
    family,
    status,
    transport: input.transport ?? null,
    error,
    body,
    html: headers.get("content-type")?.includes("text/html") === true || PAGE.test(input.body),
    challenge: headers.get("cf-mitigated") === "challenge",
    limit: unifiedLimit(headers, now) ?? googleLimit(error),
    fast: input.fast ?? false,
    daily: violationsIn(error.details).some(({ quotaId }) => quotaId.includes("PerDay")),
    dimension: ANTHROPIC_DIMENSIONS.some((name) => amount(headers.get(`anthropic-ratelimit-${name}-remaining`)) === 0),
  };
}

/** AWS has the type of its errors in a header alone: `ThrottlingException`, with an address behind it or none. */
function withAwsType(error: ErrorBody, headers: Headers): ErrorBody {
  const type = awsErrorType(headers.get("x-amzn-errortype") ?? "");
  return type === "" ? error : { ...error, typed: new Set([...error.typed, type]) };
}

/** The weekly window `7d_oi` and its claim are Fable's (seen only on its turns); unknown ones are the asked model's. */
const FAMILY_OF_WINDOW: Record<string, string> = { opus: "opus", sonnet: "sonnet", fable: "fable", oi: "fable" };
const FAMILY_OF_CLAIM: Record<string, string> = {
  seven_day_opus: "opus",
  seven_day_sonnet: "sonnet",
  seven_day_overage_included: "fable",
};

function unifiedLimit(headers: Headers, now: number): Evidence["limit"] {
  const rejected = unifiedWindows(headers, now).filter(({ status }) => status === "rejected");
  if (rejected.some(({ family }) => family === null)) return { of: "account" };
  const [window] = rejected;
  if (window) return { of: "family", family: FAMILY_OF_WINDOW[window.family ?? ""] ?? null };
  const claim = headers.get("anthropic-ratelimit-unified-representative-claim") ?? "";
  const status = headers.get("anthropic-ratelimit-unified-status");
  const reset = headers.get("anthropic-ratelimit-unified-reset");
  // Some services hand on the reset alone.
  if (status !== "rejected" && (status !== null || reset === null)) return null;
  const family = FAMILY_OF_CLAIM[claim];
  return family === undefined ? { of: "account" } : { of: "family", family };
}

/** Per model where every violated quota is; a project's own quota ends all of its models. */
function googleLimit({ details }: ErrorBody): Evidence["limit"] {
  const violations = violationsIn(details);
  if (violations.length > 0) {
    // The quota may go by another name than the alias that was asked for, so the asked one goes into cooldown.
    return violations.every(({ model }) => model !== null) ? { of: "family", family: null } : null;
  }
  const perModel = detailsOf(details, "ErrorInfo").some(({ metadata }) => typeof object(metadata)?.model === "string");
  return perModel ? { of: "family", family: null } : null;
}
