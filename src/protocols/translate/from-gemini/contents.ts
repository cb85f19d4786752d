/**
 * Google's `contents` as the hub's messages. Calls and their responses may have no ids there. Each call gets an id made from its
 * place, the same as long as the conversation only grows. A response belongs to the first call of the turn before it with its id or name.
 */
import { isObject } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type { HubBlock, HubMessage, HubText, Json } from "../hub.ts";
import { carriedParts, carriedSignature, hostedPart, type Signed } from "../to-gemini/signatures.ts";
import { listAt, member, objectAt, textAt } from "./fields.ts";
import { OpenCalls } from "./open-calls.ts";
import { nameUnknown, resultOf, saidIn } from "./parts.ts";
import { isRelays, type Thought, thoughtsIn } from "./thoughts.ts";

export interface Conversation {
  system: HubText[];
  messages: HubMessage[];
}

export function readConversation(body: Json, findings: Findings): Conversation {
  const reader = new ContentsReader(findings);
  const contents = listAt(body, "contents");
  if (contents.length === 0) findings.refuse("contents", "required");
  for (const [index, content] of contents.entries()) reader.read(content, index);
  return { system: instructionsIn(body, findings), messages: reader.messages };
}

/** A content, its parts, or a plain text. */
function instructionsIn(body: Json, findings: Findings): HubText[] {
  const given = member(body, "systemInstruction");
  const parts =
    isObject(given) && member(given, "parts") !== null ? listAt(given, "parts") : listAt(body, "systemInstruction");
  return parts.flatMap((part, index) => {
    const at = `systemInstruction.parts.${index}`;
    const said = typeof part === "string" ? { text: part } : part;
    if (!isObject(said)) findings.refuse(at, "must be a part");
    const block = isObject(said) ? saidIn(said, at, findings) : null;
    if (block && block.type !== "text") findings.drop("systemInstruction.parts.inlineData");
    return block?.type === "text" ? [block] : [];
  });
}

const ROLES = new Map<unknown, HubMessage["role"]>([
  ["user", "user"],
  // The role that clients of the API used for responses in its first year.
  ["function", "user"],
  ["tool", "user"],
  ["model", "assistant"],
  ["system", "system"],
]);

class ContentsReader {
  readonly messages: HubMessage[] = [];
  readonly #findings: Findings;
  /** The calls of the model's last turn that have no response yet, in order. */
  #calls = new OpenCalls();
  /** The shown thoughts since the last other part of the content. */
  #shown: string[] = [];

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  read(given: unknown, place: number): void {
    const at = `contents.${place}`;
    const content = typeof given === "string" ? { parts: [{ text: given }] } : given;
    const role = isObject(content) ? ROLES.get(content.role ?? "user") : undefined;
    if (!isObject(content) || !role) {
      this.#findings.refuse(`${at}.role`, "must be user or model");
      return;
    }
    if (role === "assistant" && this.messages.at(-1)?.role !== "assistant") this.#calls = new OpenCalls();
    const blocks = listAt(content, "parts").flatMap((part, index) => {
      const here = `${at}.parts.${index}`;
      if (!isObject(part)) {
        this.#findings.refuse(here, "must be an object");
        return [];
      }
      return role === "assistant" ? this.#models(part, here, `call_${place}_${index}`) : this.#users(part, here);
    });
    for (const thought of this.#thoughts("text", null)) blocks.push(thought);
    if (blocks.length > 0) this.messages.push({ role, content: blocks });
  }

  /** `callId`: the id for a call that has none. */
  #models(part: Json, at: string, callId: string): HubBlock[] {
    const signature = textAt(part, "thoughtSignature");
    if (part.thought === true) {
      this.#shown.push(textAt(part, "text") ?? "");
      return signature === null ? [] : this.#thoughts("thought", signature);
    }
    const hosted = hostedPart({ ...part, thoughtSignature: signature });
    if (hosted.length > 0) {
      return [...this.#thoughts("text", null), { type: "thinking", thinking: "", signature: carriedParts(hosted) }];
    }
    const block = this.#said(part, at, callId);
    const thoughts = this.#thoughts(block?.type === "tool_use" ? "call" : "text", signature);
    return block ? [...thoughts, block] : thoughts;
  }

  #said(part: Json, at: string, callId: string): HubBlock | null {
    const call = objectAt(part, "functionCall");
    if (call) return this.#call(call, `${at}.functionCall`, callId);
    if (objectAt(part, "inlineData") || objectAt(part, "fileData")) {
      // No other provider accepts an image that its model has made.
      this.#findings.drop("contents.parts.inlineData");
      return null;
    }
    const said = saidIn(part, at, this.#findings);
    if (!said) nameUnknown(part, this.#findings);
    return said;
  }

  /**
   * What the model thought before a part, taken from the part's signature. For a signature of Google's own the text is what was shown.
   * Without a signature, the thinking counts as unsigned.
   */
  #thoughts(of: Signed, signature: string | null): Thought[] {
    const thinking = this.#shown.join("");
    this.#shown = [];
    if (signature !== null && isRelays(signature)) return thoughtsIn(signature);
    if (signature !== null) return [{ type: "thinking", thinking, signature: carriedSignature(of, signature) }];
    return thinking === "" ? [] : [{ type: "thinking", thinking, signature: "" }];
  }

  #call(call: Json, at: string, callId: string): HubBlock {
    const name = textAt(call, "name") ?? "";
    if (name === "") this.#findings.refuse(`${at}.name`, "required");
    const given = textAt(call, "id");
    const id = given ?? callId;
    this.#calls.add({ given, name, id });
    return { type: "tool_use", id, name, input: objectAt(call, "args") ?? {} };
  }

  #users(part: Json, at: string): HubBlock[] {
    const response = objectAt(part, "functionResponse");
    if (response) return [resultOf(response, this.#callOf(response), `${at}.functionResponse`, this.#findings)];
    const said = saidIn(part, at, this.#findings);
    if (!said) nameUnknown(part, this.#findings);
    return said ? [said] : [];
  }

  /** The id of the call that a response is for. A response without a call keeps its own id. */
  #callOf(response: Json): string {
    const given = textAt(response, "id");
    const call = this.#calls.take(given, textAt(response, "name"));
    return call?.id ?? given ?? "";
  }
}
