/**
 * A request of the Messages API in the form of Bedrock's InvokeModel: the path has the model and whether to stream, the body has the
 * version and the betas. The body is put together from its own bytes, because a conversation may be megabytes and does not change.
 * Source: AWS, "Anthropic Claude Messages API", "InvokeModel", "CountTokens".
 */
import { array } from "../../ground/json.ts";
import { parsedValue, recomposed, type Span, walkTopLevel } from "../../protocols/scan.ts";
import { listed } from "../forwarded.ts";
import type { Outgoing } from "../kind.ts";
import { betasFor } from "./betas.ts";
import { bedrockModel, isModelId, withoutProfile } from "./models.ts";

const VERSION = "bedrock-2023-05-31";

/** Members that the path or the header replaces, or that are written again at the beginning of the body. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(["model", "stream", "anthropic_version", "anthropic_beta"]);

/**
 * Members for Anthropic's own service. Bedrock refuses them ("Extra inputs are not permitted"), and without them only the price or the
 * speed of the answer changes.
 */
const NOT_TAKEN: ReadonlySet<string> = new Set([
  "service_tier",
  "speed",
  "inference_geo",
  "cache_control",
  "diagnostics",
]);

/** Members that are accepted only with one of these betas (Wei-Shaw/sub2api#2726). */
const WITH_BETA: Readonly<Record<string, readonly string[]>> = {
  context_management: ["context-management-2025-06-27", "compact-2026-01-12"],
};

export interface Invocation {
  /** The encoded path after the account's base URL. */
  path: string;
  body: Uint8Array;
  dropped: string[];
}

/** Null if Bedrock has no such operation, as for a list of models, or the model's name cannot be one of its ids. */
export function invocationOf({ url, headers, body }: Outgoing, model: string, region: string): Invocation | null {
  const counts = /\/messages\/count_tokens(?:\?|$)/.test(url);
  const id = bedrockModel(model, region);
  if (body === null || !isModelId(id)) return null;
  const members = new Map<string, Span>();
  const walked = walkTopLevel(body, (name, span) => members.set(name, span));
  if (!walked.ok) return null;
  const asked = [...listed(headers.get("anthropic-beta")), ...betasIn(body, members)];
  const { taken, dropped } = betasFor(id, asked);
  const kept = [...members].filter(([name]) => !SAID_ELSEWHERE.has(name));
  const left = kept.filter(([name]) => isTaken(name, taken));
  const own = {
    anthropic_version: VERSION,
    ...(taken.length > 0 && { anthropic_beta: taken }),
    // A count produces no answer, but Bedrock requires a complete request.
    ...(counts && !members.has("max_tokens") && { max_tokens: 1 }),
  };
  const written = recomposed(own, body, left);
  const names = kept.filter(([name]) => !isTaken(name, taken)).map(([name]) => name);
  const leftOut = [...names, ...dropped.map((beta) => `anthropic-beta: ${beta}`)];
  if (counts) {
    // Bedrock counts only by the foundation model.
    return { path: pathOf(withoutProfile(id), "count-tokens"), body: countOf(written), dropped: leftOut };
  }
  const streams = parsedValue(body, members.get("stream")) === true;
  const operation = streams ? "invoke-with-response-stream" : "invoke";
  return { path: pathOf(id, operation), body: written, dropped: leftOut };
}

function isTaken(member: string, betas: readonly string[]): boolean {
  const needed = Object.hasOwn(WITH_BETA, member) ? WITH_BETA[member] : undefined;
  return !NOT_TAKEN.has(member) && (needed === undefined || needed.some((beta) => betas.includes(beta)));
}

function pathOf(id: string, operation: string): string {
  return `/model/${encodeURIComponent(id)}/${operation}`;
}

/** Clients of Bedrock's own form name the betas in the body. */
function betasIn(body: Uint8Array, members: ReadonlyMap<string, Span>): string[] {
  return array(parsedValue(body, members.get("anthropic_beta"))).filter((beta) => typeof beta === "string");
}

const encoder = new TextEncoder();

function countOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  const body = Buffer.from(buffer, byteOffset, byteLength).toString("base64");
  return encoder.encode(JSON.stringify({ input: { invokeModel: { body } } }));
}
