/**
 * A request of the Messages API as Bedrock's InvokeModel takes it: the model and whether it streams stand in the path, the version and
 * the betas in the body. The body is put together from its own bytes, for a conversation may be megabytes and nothing in it changes.
 * Source: AWS, "Anthropic Claude Messages API", "InvokeModel", "CountTokens".
 */
import { array } from "../../ground/json.ts";
import { parsedValue, recomposed, type Span, walkTopLevel } from "../../protocols/scan.ts";
import { listed } from "../forwarded.ts";
import type { Outgoing } from "../kind.ts";
import { betasFor } from "./betas.ts";
import { bedrockModel, isModelId, withoutProfile } from "./models.ts";

const VERSION = "bedrock-2023-05-31";

/** Said in the path or the header, or again by what stands at the body's beginning. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(["model", "stream", "anthropic_version", "anthropic_beta"]);

/**
 * Members of Anthropic's own service that Bedrock answers with "Extra inputs are not permitted", and without which the answer is the same
 * but for its price or speed.
 */
const NOT_TAKEN: ReadonlySet<string> = new Set([
  "service_tier",
  "speed",
  "inference_geo",
  "cache_control",
  "diagnostics",
]);

/** A member that is taken with one of its betas only (Wei-Shaw/sub2api#2726). */
const WITH_BETA: Readonly<Record<string, readonly string[]>> = {
  context_management: ["context-management-2025-06-27", "compact-2026-01-12"],
};

export interface Invocation {
  /** Behind the account's base URL; encoded. */
  path: string;
  body: Uint8Array;
  dropped: string[];
}

/** Null for what Bedrock has no operation for, such as a list of models, and where the model's name is none of its ids. */
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
    // A count has no answer, but Bedrock wants the whole request.
    ...(counts && !members.has("max_tokens") && { max_tokens: 1 }),
  };
  const written = recomposed(own, body, left);
  const names = kept.filter(([name]) => !isTaken(name, taken)).map(([name]) => name);
  const leftOut = [...names, ...dropped.map((beta) => `anthropic-beta: ${beta}`)];
  if (counts) {
    // Bedrock counts by the foundation model alone.
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

/** Clients of Bedrock's own form name them there. */
function betasIn(body: Uint8Array, members: ReadonlyMap<string, Span>): string[] {
  return array(parsedValue(body, members.get("anthropic_beta"))).filter((beta) => typeof beta === "string");
}

const encoder = new TextEncoder();

function countOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  const body = Buffer.from(buffer, byteOffset, byteLength).toString("base64");
  return encoder.encode(JSON.stringify({ input: { invokeModel: { body } } }));
}
