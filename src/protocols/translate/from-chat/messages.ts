/**
 * The conversation of Chat Completions as the hub has it: leading instructions apart, later ones where they stand, the results of
 * tools as the user's turns behind their calls.
 */
import { array, isObject, object, text } from "../../../ground/json.ts";
import { argumentsIn } from "../arguments.ts";
import type { Findings } from "../findings.ts";
import { freeFormArguments } from "../free-form.ts";
import type { HubBlock, HubMessage, HubText, HubToolResult, HubToolUse, Json } from "../hub.ts";
import { balanced } from "../turns.ts";
import { partsOf, resultOf, textsOf } from "./parts.ts";
import { reasoningIn } from "./reasoning.ts";

export interface Conversation {
  system: HubText[];
  messages: HubMessage[];
}

export function readConversation(given: unknown, findings: Findings): Conversation {
  const reader = new ConversationReader(findings);
  if (!Array.isArray(given) || given.length === 0) findings.refuse("messages", "must be a list of messages");
  for (const [index, message] of array(given).entries()) reader.read(message, `messages.${index}`);
  return reader.conversation();
}

const RESULTS = new Set<unknown>(["tool", "function"]);

class ConversationReader {
  readonly #findings: Findings;
  readonly #system: HubText[] = [];
  readonly #messages: HubMessage[] = [];
  /** Calls that came without an id, in order; a result without one is for the first of them that has none, `#answered`. */
  #unnamed: string[] = [];
  #answered = 0;
  #made = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  read(given: unknown, at: string): void {
    const message = object(given) ?? {};
    // Of a result it is the tool's, which its call names too.
    if (text(message.name) && !RESULTS.has(message.role)) this.#findings.drop("messages.name");
    switch (message.role) {
      case "system":
      case "developer":
        this.#instructions(textsOf(message.content, `${at}.content`, this.#findings));
        break;
      case "user":
        this.#add("user", partsOf(message.content, `${at}.content`, this.#findings));
        break;
      case "assistant":
        this.#add("assistant", this.#assistant(message, at));
        break;
      case "tool":
      case "function":
        this.#result(message, at);
        break;
      default:
        this.#findings.refuse(`${at}.role`, "must be system, developer, user, assistant, tool or function");
    }
  }

  conversation(): Conversation {
    const [system, messages] = [this.#system, this.#messages];
    // Instructions alone are asked for in Chat, and no other format answers them.
    const asked = messages.length === 0 ? system.splice(-1) : [];
    if (asked.length > 0) messages.push({ role: "user", content: asked });
    if (messages.length === 0) this.#findings.refuse("messages", "nothing is said in them");
    return { system, messages: balanced(messages) };
  }

  #instructions(texts: HubText[]): void {
    if (this.#messages.length > 0) this.#add("system", texts);
    else for (const each of texts) this.#system.push(each);
  }

  #add(role: HubMessage["role"], content: HubBlock[]): void {
    if (content.length > 0) this.#messages.push({ role, content });
  }

  /** Thinking, what is said, then the calls: the order in which models write them, and Chat's own cannot tell another. */
  #assistant(message: Json, at: string): HubBlock[] {
    if (object(message.audio)) this.#findings.drop("messages.audio");
    const calls = this.#calls(message, at);
    const reasoning = reasoningIn(message, new Set(calls.map(({ id }) => id)));
    const said = textsOf(message.content, `${at}.content`, this.#findings);
    const refused = textsOf(text(message.refusal), `${at}.refusal`, this.#findings);
    const called = calls.flatMap((call) => [...(reasoning.before.get(call.id) ?? []), call]);
    return [...reasoning.first, ...said, ...refused, ...called];
  }

  #calls(message: Json, at: string): HubToolUse[] {
    const given = array(message.tool_calls);
    const legacy = object(message.function_call);
    this.#unnamed = [];
    this.#answered = 0;
    if (given.length === 0 && legacy) return [this.#call("", legacy, `${at}.function_call`)];
    return given.map((each, index) => {
      const call = object(each) ?? {};
      const place = `${at}.tool_calls.${index}`;
      const custom = object(call.custom);
      if (!custom) return this.#call(call.id, object(call.function) ?? {}, `${place}.function`);
      const input = freeFormArguments(typeof custom.input === "string" ? custom.input : "");
      return this.#call(call.id, { ...custom, arguments: input }, `${place}.custom`);
    });
  }

  #call(id: unknown, called: Json, at: string): HubToolUse {
    const name = text(called.name);
    if (name === null) this.#findings.refuse(`${at}.name`, "required");
    const input = this.#argumentsOf(called.arguments, `${at}.arguments`);
    return { type: "tool_use", id: text(id) ?? this.#newId(), name: name ?? "", input };
  }

  /** What is no JSON object, a model has made up: the call stays, and without what cannot be read. */
  #argumentsOf(given: unknown, at: string): Json {
    if (isObject(given)) return given;
    const args = typeof given === "string" ? argumentsIn(given) : {};
    if (!args) this.#findings.drop(at);
    return args ?? {};
  }

  /** The same in every request, as long as the conversation only grows. */
  #newId(): string {
    const id = `call_${++this.#made}`;
    this.#unnamed.push(id);
    return id;
  }

  #result({ tool_call_id, content }: Json, at: string): void {
    const result: HubToolResult = {
      type: "tool_result",
      tool_use_id: text(tool_call_id) ?? this.#unnamed[this.#answered++] ?? "",
      content: resultOf(content, `${at}.content`, this.#findings),
      is_error: false,
    };
    const last = this.#messages.at(-1);
    // Results of one turn are one message.
    if (last?.role === "user" && last.content[0]?.type === "tool_result") last.content.push(result);
    else this.#messages.push({ role: "user", content: [result] });
  }
}
