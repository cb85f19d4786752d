/** The response around the model's output: its own members, and those that it repeats from its request. */
import type { Usage } from "../../../vocabulary.ts";
import { errorMembers } from "../../openai.ts";
import type { Asked } from "../halves.ts";
import type { HubError, Json, StopReason } from "../hub.ts";
import { fitted } from "../names.ts";

/** What is held of a request for as long as its answer lasts. It has nothing of the conversation. */
export interface Frame {
  model: string;
  createdAt: number;
  /** The relay's id of the request, for an upstream that gives its answers no ids. */
  requestId: string;
  repeated: Json;
}

/** An answer does not repeat a member that is longer than this, because it would be held for as long as a stream lasts. */
const LONGEST_REPEATED = 32 * 1024;

/** The members of a request that its response repeats, with the values for a request that does not set them. */
const REPEATED: Readonly<Json> = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  temperature: null,
  text: { format: { type: "text" } },
  tool_choice: "auto",
  tools: [],
  top_p: null,
  truncation: "disabled",
  user: null,
};

export function frameOf(body: Json, { model, createdAt, id }: Asked): Frame {
  const repeated = Object.entries(REPEATED).map(([member, ordinary]) => {
    const value = body[member] ?? ordinary;
    const isShort = value === ordinary || JSON.stringify(value).length <= LONGEST_REPEATED;
    return [member, isShort ? value : ordinary];
  });
  // Whatever the client asked for, nothing is stored.
  const always = { background: false, previous_response_id: null, service_tier: "default", store: false };
  return { model, createdAt, requestId: id, repeated: { ...Object.fromEntries(repeated), ...always } };
}

/** The common part of the ids of a response and its items, made from the upstream's id. */
export function baseOf(upstreamId: string, { requestId }: Frame): string {
  const own = upstreamId.replace(/^(?:msg|resp|chatcmpl|gen)[_-]/, "");
  return fitted(own === "" ? requestId : own, LONGEST_BASE);
}

/** OpenAI's ids have at most 64 characters, and more is added to this part. */
const LONGEST_BASE = 48;

export interface Standing {
  status: "in_progress" | "completed" | "incomplete" | "failed";
  incompleteReason?: string | null;
  output: Json[];
  usage: Usage | null;
  error?: { code: string; message: string };
}

/** The response without the members that it repeats. */
export function responseOf(base: string, { model, createdAt }: Frame, standing: Standing): Json {
  const { status, incompleteReason = null, output, usage, error = null } = standing;
  return {
    id: `resp_${base}`,
    object: "response",
    created_at: createdAt,
    status,
    error,
    incomplete_details: incompleteReason === null ? null : { reason: incompleteReason },
    model,
    output,
    usage: usage && usageMembers(usage),
  };
}

/** Why an answer is incomplete; null if it is complete. */
export function incompleteReasonOf(stopReason: StopReason): string | null {
  switch (stopReason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "max_output_tokens";
    case "refusal":
      return "content_filter";
    default:
      return null;
  }
}

/** OpenAI counts cache reads and writes in the input, and thinking in the output. */
export function usageMembers({ input, cacheWrite5m, cacheWrite1h, cacheRead, output, reasoning }: Usage): Json {
  const written = cacheWrite5m + cacheWrite1h;
  const read = input + written + cacheRead;
  return {
    input_tokens: read,
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: written },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: read + output,
  };
}

export interface SaidError {
  type: string;
  code: string;
  message: string;
  param: null;
}

/** An error in the words on which Codex acts: by the code it compacts, waits or gives up. */
export function saidError({ status, category, message, tooLong }: HubError): SaidError {
  const said = errorMembers({ status, category, message, retryable: false });
  const code = tooLong ? "context_length_exceeded" : (said.code ?? "invalid_prompt");
  return { type: said.type, code, message, param: null };
}

/** The end of every event that holds a response. */
export function repeatedText({ repeated }: Frame): string {
  return JSON.stringify(repeated).slice(1, -1);
}
