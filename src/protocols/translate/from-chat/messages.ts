/**
 * The conversation of Chat Completions in hub terms: leading instructions are kept apart, later ones stay in their place, and the
 * results of tools become turns of the user behind their calls.
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
  /** The ids of calls that came without one, in order. A result without an id belongs to the first unanswered one, `#answered`. */
  #unnamed: string[] = [];
  #answered = 0;
  #made = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  read(given: unknown, at: string): void {
    const message = object(given) ?? {};
    // A result has the name of the tool, which its call has too.
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
    // Chat accepts a request that is only instructions. No other format answers one, so the last instruction becomes the question.
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

  /** Thinking, then text, then calls: the order in which models write them. Chat's own format cannot express another one. */
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

  /** Arguments that are no JSON object were made up by a model. The call stays, without what cannot be read. */
  #argumentsOf(given: unknown, at: string): Json {
    if (isObject(given)) return given;
    const args = typeof given === "string" ? argumentsIn(given) : {};
    if (!args) this.#findings.drop(at);
    return args ?? {};
  }

  /** The ids are the same in every request, as long as the conversation only grows. */
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
    // The results of one turn go into one message.
    if (last?.role === "user" && last.content[0]?.type === "tool_result") last.content.push(result);
    else this.#messages.push({ role: "user", content: [result] });
  }
}
