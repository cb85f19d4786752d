/** A request to generateContent as the hub has it. */
import type { Findings } from "../findings.ts";
import type { Asked } from "../halves.ts";
import type { HubRequest, Json } from "../hub.ts";
import { readConfig } from "./config.ts";
import { readConversation } from "./contents.ts";
import { camel, member } from "./fields.ts";
import { readTools } from "./tools.ts";

/** Members that are read here or elsewhere, and members that mean nothing to another provider. */
const KNOWN = new Set([
  ...["contents", "systemInstruction", "tools", "toolConfig", "generationConfig"],
  ...["model", "safetySettings", "labels", "cachedContent", "generateContentRequest", "sessionId"],
]);

/** A count may have the request inside (`generateContentRequest`). */
export function readRequest(given: Json, asked: Asked, findings: Findings): HubRequest {
  const inside = member(given, "generateContentRequest");
  const body = typeof inside === "object" && inside !== null && !Array.isArray(inside) ? (inside as Json) : given;
  for (const [name, value] of Object.entries(body)) {
    if (!KNOWN.has(camel(name)) && value !== null) findings.drop(name);
  }
  if (member(body, "cachedContent") !== null) {
    findings.refuse("cachedContent", "what is cached with Google cannot be read by another provider");
  }
  return {
    model: asked.model,
    ...readConversation(body, findings),
    ...readTools(body, findings),
    disableParallelToolUse: false,
    ...readConfig(body, findings),
    verbosity: null,
    user: null,
    session: asked.session,
    stream: asked.stream,
  };
}
