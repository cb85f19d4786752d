/**
 * A request of the Messages API as Vertex takes it: the model and whether it streams stand in the path, the version in the body.
 * The body is changed where it must be and stays as its client has written it everywhere else. Source: Anthropic, "Claude on Vertex
 * AI"; Google, "Request predictions with Claude models" and "Count tokens for Claude models".
 */
import { parsedValue, recomposed, type Span, walkTopLevel } from "../../protocols/scan.ts";
import { listed } from "../forwarded.ts";
import type { Outgoing } from "../kind.ts";

const VERSION = "vertex-2023-10-16";
/** Under which the model of a count stands in the body. */
export const COUNT_TOKENS = "count-tokens";

export interface Prediction {
  /** What stands for the model in the path. */
  model: string;
  action: "rawPredict" | "streamRawPredict";
  body: Uint8Array;
}

/** Null for what Vertex has no operation for, such as a list of models. `model` is the account's own name. */
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

/** Anthropic's own names end in a date, which is a version behind an `@` here. */
export function vertexModel(model: string): string {
  if (model === "claude-3-5-sonnet-20241022") return "claude-3-5-sonnet-v2@20241022";
  return model.replace(/^(claude-[a-z0-9-]+)-(\d{8})$/, "$1@$2");
}

/** Names come from clients, and families are kept. */
const LONGEST_FAMILY = 100;

/** What Vertex counts, and grants, by itself: each model, in whichever version. */
export function vertexFamily(model: string): string | null {
  const [name = ""] = vertexModel(model.toLowerCase()).split("@");
  return name.slice(0, LONGEST_FAMILY) || null;
}

/**
 * Betas that Vertex answers with "Unexpected value(s) … for the `anthropic-beta` header", whatever the model. What a client of Anthropic's
 * API says by them, the request's own members say; or it is about Anthropic's own service.
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
/** Of counts alone: anthropics/claude-code#12429. */
const REFUSED_OF_COUNTS: ReadonlySet<string> = new Set(["web-search-2025-03-05"]);

/** Takes out of the headers the betas that are refused, and names them. */
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
