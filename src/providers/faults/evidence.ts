/**
 * What a failed try shows about its cause, gathered once so that the rules of the table can be plain data. Draws no conclusion.
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
  /** The try had less time than an upstream normally gets, because the client or earlier tries left no more. */
  | "hurried"
  | "reset"
  | "ended_early"
  | "redirect"
  /** The relay has no way out for this account; nothing was sent. */
  | "egress";

/** `fetch` has one error for everything below HTTP, and only its words tell causes apart. A kind's own stream has its own error. */
export function transportOf(detail: string): Transport {
  if (/dns|resolve|not found/i.test(detail)) return "dns";
  if (/tls|certificate|ssl/i.test(detail)) return "tls";
  return /lost|reset|disconnect|stream is broken/i.test(detail) ? "reset" : "connect";
}

/** A failed try. For an error event in a 200 stream, the caller derives the status from the event's type. */
export interface FaultInput {
  platform: Platform;
  /** The models that the provider limits together with the requested one; null if there are none. */
  family: string | null;
  /** 0 if there was no response. */
  status: number;
  headers: Headers;
  /** The beginning of the body, at most 64 KB. */
  body: string;
  transport?: Transport;
  /** Whether the request asked for the fast mode, which the provider limits separately. */
  fast?: boolean;
}

export interface Evidence {
  platform: Platform;
  family: string | null;
  status: number;
  transport: Transport | null;
  error: ErrorBody;
  /** The parsed body; undefined if it is no JSON. */
  body: unknown;
  html: boolean;
  /** Whether Cloudflare says that the page needs a browser. */
  challenge: boolean;
  /** What the provider says is used up: everything, or one model family. */
  limit: { of: "account" } | { of: "family"; family: string | null } | null;
  /** Whether the quota is counted by the day. */
  daily: boolean;
  /** Whether one of the rates that Anthropic counts by class of model is used up. */
  dimension: boolean;
  /** Whether the request asked for the fast mode. */
  fast: boolean;
}

/** A page, or the text of Cloudflare's firewall for a client that does not ask for a page. */
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

/** AWS puts the type of an error only into a header: `ThrottlingException`, sometimes followed by an address. */
function withAwsType(error: ErrorBody, headers: Headers): ErrorBody {
  const type = awsErrorType(headers.get("x-amzn-errortype") ?? "");
  return type === "" ? error : { ...error, typed: new Set([...error.typed, type]) };
}

/** The weekly window `7d_oi` and its claim belong to Fable (seen only on its turns). Unknown windows belong to the requested model. */
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
  // Some services pass on only the reset.
  if (status !== "rejected" && (status !== null || reset === null)) return null;
  const family = FAMILY_OF_CLAIM[claim];
  return family === undefined ? { of: "account" } : { of: "family", family };
}

/** A model family, if every violated quota is per model. A quota of the project ends all of its models. */
function googleLimit({ details }: ErrorBody): Evidence["limit"] {
  const violations = violationsIn(details);
  if (violations.length > 0) {
    // The quota may name the model differently from the requested alias, so the requested one goes into cooldown.
    return violations.every(({ model }) => model !== null) ? { of: "family", family: null } : null;
  }
  const perModel = detailsOf(details, "ErrorInfo").some(({ metadata }) => typeof object(metadata)?.model === "string");
  return perModel ? { of: "family", family: null } : null;
}
