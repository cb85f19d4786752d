/** A request of the hub with defaults for everything that a test does not mention. */
import type { HubRequest } from "../../../src/protocols/translate/hub.ts";

export const HUB: HubRequest = {
  model: "asked",
  system: [],
  messages: [{ role: "user", content: [{ type: "text", text: "hello" }] }],
  tools: [],
  toolChoice: null,
  disableParallelToolUse: false,
  maxTokens: null,
  temperature: null,
  topP: null,
  topK: null,
  stopSequences: [],
  thinking: null,
  effort: null,
  showThinking: false,
  format: null,
  verbosity: null,
  user: null,
  session: null,
  stream: false,
};
