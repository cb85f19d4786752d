/**
 * A request of the Messages API in Vertex's form: the path has the model and whether to stream, the body has the version. The body is
 * changed only where it must be; all other bytes stay as the client wrote them. Source: Anthropic, "Claude on Vertex AI"; Google,
 * "Request predictions with Claude models" and "Count tokens for Claude models".
 */
import { parsedValue, recomposed, type Span, walkTopLevel } from "../../protocols/scan.ts";
import { listed } from "../forwarded.ts";
import type { Outgoing } from "../kind.ts";

const VERSION = "vertex-2023-10-16";
/** The name in the path of a count, whose model is in the body. */
export const COUNT_TOKENS = "count-tokens";

export interface Prediction {
  /** The name of the model in the path. */
  model: string;
  action: "rawPredict" | "streamRawPredict";
  body: Uint8Array;
}

/** Null if Vertex has no such operation, as for a list of models. `model` is the account's own name. */
export function predictionOf({ url, body }: Pick<Outgoing, "url" | "body">, model: string): Prediction | null {
  const [path = ""] = url.split("?");
  const counts = path.endsWith("/messages/count_tokens");
  if (body === null || !(counts || path.endsWith("/messages"))) return null;
  const members: [name: string, span: Span][] = [];
  const walked = walkTopLevel(body, (name, span) => members.push([name, span]));
  if (!walked.ok) return null;
  const name = vertexModel(model);
  const own = { anthropic_version: VERSION, ...(counts && { model: name }) };
  const kept = members.filter(([member]) => member !== "model" && member !== "anthropic_version");
  const written = recomposed(own, body, kept);
  if (counts) return { model: COUNT_TOKENS, action: "rawPredict", body: written };
  const stream = members.findLast(([member]) => member === "stream")?.[1];
  const streams = parsedValue(body, stream) === true;
  return { model: name, action: streams ? "streamRawPredict" : "rawPredict", body: written };
}

/** Anthropic's own names end in a date. Here that is a version after an `@`. */
export function vertexModel(model: string): string {
  if (model === "claude-3-5-sonnet-20241022") return "claude-3-5-sonnet-v2@20241022";
  return model.replace(/^(claude-[a-z0-9-]+)-(\d{8})$/, "$1@$2");
}

/** Clients choose the names of models, and families are stored, so their length is bounded. */
const LONGEST_FAMILY = 100;

/** Vertex limits and grants each model separately, in all of its versions. */
export function vertexFamily(model: string): string | null {
  const [name = ""] = vertexModel(model.toLowerCase()).split("@");
  return name.slice(0, LONGEST_FAMILY) || null;
}

/**
 * Betas that Vertex answers with "Unexpected value(s) … for the `anthropic-beta` header", whatever the model. What a client of
 * Anthropic's API says by them is also said by the request's own members, or is about Anthropic's own service.
 */
const REFUSED: ReadonlySet<string> = new Set([
  // anthropics/claude-code#34802
  "adaptive-thinking-2026-01-28",
  "effort-2025-11-24",
  // anthropics/claude-code#21625
  "prompt-caching-scope-2026-01-05",
  // vercel/ai#10981, QuantumNous/new-api#2975
  "structured-outputs-2025-11-13",
  "structured-outputs-2025-12-15",
  // Aider-AI/aider#2439
  "pdfs-2024-09-25",
]);
/** Refused only for counts: anthropics/claude-code#12429. */
const REFUSED_OF_COUNTS: ReadonlySet<string> = new Set(["web-search-2025-03-05"]);

/** Removes the refused betas from the headers, and returns their names. */
export function withoutBetas(headers: Headers, counts: boolean): string[] {
  const asked = listed(headers.get("anthropic-beta"));
  const isRefused = (beta: string) => REFUSED.has(beta) || (counts && REFUSED_OF_COUNTS.has(beta));
  const refused = asked.filter(isRefused);
  if (refused.length === 0) return [];
  const taken = asked.filter((beta) => !isRefused(beta));
  if (taken.length > 0) headers.set("anthropic-beta", taken.join(","));
  else headers.delete("anthropic-beta");
  return refused.map((beta) => `anthropic-beta: ${beta}`);
}
