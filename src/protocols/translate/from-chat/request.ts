/** A request of Chat Completions in hub terms. */
import { array, object } from "../../../ground/json.ts";
import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import { Findings } from "../findings.ts";
import type { Asked } from "../halves.ts";
import type { HubRequest, Json } from "../hub.ts";
import { readConversation } from "./messages.ts";
import { nameDropped, readParameters, refuseChoices } from "./parameters.ts";
import { readTools } from "./tools.ts";

export interface ChatRequest {
  hub: HubRequest;
  dropped: string[];
  /** How the client wants the answer. */
  wants: ChatWants;
}

export interface ChatWants {
  /** Whether a stream ends with its usage. */
  usage: boolean;
  freeForm: ReadonlySet<string>;
  legacy: boolean;
}

/** The members that are read; of some only whether they can be left out. */
const KNOWN = new Set([
  ...["model", "messages", "stream", "stream_options", "n", "best_of", "modalities", "prompt_cache_key"],
  ...["tools", "tool_choice", "parallel_tool_calls", "functions", "function_call", "web_search_options"],
  ...["max_completion_tokens", "max_tokens", "temperature", "top_p", "top_k", "stop"],
  ...["reasoning_effort", "reasoning", "thinking", "response_format", "verbosity", "user", "safety_identifier"],
]);

export function readChat(body: Json, asked: Asked): Result<ChatRequest, Refusal> {
  const findings = new Findings();
  refuseChoices(body, findings);
  refuseSound(body, findings);
  const { freeForm, legacy, tools, toolChoice } = readTools(body, findings);
  const hub: HubRequest = {
    model: asked.model,
    ...readConversation(body.messages, findings),
    tools,
    toolChoice,
    disableParallelToolUse: tools.length > 0 && (legacy || body.parallel_tool_calls === false),
    ...readParameters(body, findings),
    session: asked.session,
    stream: asked.stream,
  };
  nameDropped(body, KNOWN, findings);
  const usage = object(body.stream_options)?.include_usage === true;
  return findings.result({ hub, dropped: findings.dropped, wants: { usage, freeForm, legacy } });
}

/** Refuses a request for sound. Without the sound it would be another answer. */
function refuseSound({ modalities }: Json, findings: Findings): void {
  if (array(modalities).includes("audio")) {
    findings.refuse("modalities", "the accounts that serve this model answer in text, not in sound");
  }
}
