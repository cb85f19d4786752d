/**
 * Turns in balance: directly behind the calls of an assistant's turn stands one result for each, and there is no other result.
 * Every provider refuses a conversation without that, and clients send such ones: a turn that was interrupted, a history cut
 * short, two calls of one id. Done once, on the hub, for all of them.
 */
import type { HubBlock, HubMessage, HubToolResult } from "./hub.ts";

/** What stands in for a result that the client has not sent. */
const NOT_RUN = "No result: the call was not carried out.";

/** The messages, balanced; the same list where it was. */
export function balanced(messages: HubMessage[]): HubMessage[] {
  if (isBalanced(messages)) return messages;
  const balancing = new Balancing();
  for (const message of messages) balancing.add(message);
  return balancing.end();
}

/** Whether there is nothing to do, as in nearly every request. */
function isBalanced(messages: HubMessage[]): boolean {
  const seen = new Set<string>();
  let due = new Set<string>();
  for (const { role, content } of messages) {
    let behindResults = false;
    if (due.size > 0 && role !== "user") return false;
    for (const block of content) {
      if (block.type === "tool_use") {
        if (seen.has(block.id)) return false;
        seen.add(block.id);
        due.add(block.id);
      } else if (block.type === "tool_result") {
        if (behindResults || !due.delete(block.tool_use_id)) return false;
      } else if (role === "user") {
        behindResults = true;
      }
    }
    if (role === "user" && due.size > 0) return false;
    if (role === "user") due = new Set();
  }
  return due.size === 0;
}

interface Call {
  id: string;
  result: HubToolResult | null;
}

class Balancing {
  readonly #messages: HubMessage[] = [];
  /** How often an id has been used for a call. */
  readonly #uses = new Map<string, number>();
  /** The calls of the assistant's last turn, and their results so far. */
  #calls: Call[] = [];
  /** The same by the ids that they came with, those without a result from `next` on. */
  readonly #waiting = new Map<string, { calls: Call[]; next: number }>();
  /** What has come since that turn, without the results of its calls. */
  #behind: HubMessage[] = [];

  add(message: HubMessage): void {
    if (message.role === "assistant") {
      if (this.#behind.length > 0) this.#flush();
      this.#messages.push({ role: "assistant", content: message.content.map((block) => this.#assistants(block)) });
      return;
    }
    this.#behind.push({ role: message.role, content: message.content.flatMap((block) => this.#others(block)) });
  }

  end(): HubMessage[] {
    this.#flush();
    return this.#messages;
  }

  #assistants(block: HubBlock): HubBlock {
    if (block.type !== "tool_use") return block;
    const uses = (this.#uses.get(block.id) ?? 0) + 1;
    this.#uses.set(block.id, uses);
    const use = uses === 1 ? block : { ...block, id: this.#unused(block.id, uses) };
    const call = { id: use.id, result: null };
    this.#calls.push(call);
    const alike = this.#waiting.get(block.id);
    if (alike) alike.calls.push(call);
    else this.#waiting.set(block.id, { calls: [call], next: 0 });
    return use;
  }

  /** Anthropic wants an id once in a whole conversation; clients that count their calls anew in each turn repeat them. */
  #unused(id: string, uses: number): string {
    let another = `${id}_${uses}`;
    while (this.#uses.has(another)) another += "_";
    this.#uses.set(another, 1);
    return another;
  }

  #others(block: HubBlock): HubBlock[] {
    if (block.type !== "tool_result") return [block];
    const alike = this.#waiting.get(block.tool_use_id);
    const call = alike?.calls[alike.next++];
    if (!call) return asText(block);
    call.result = { ...block, tool_use_id: call.id };
    return [];
  }

  #flush(): void {
    const results = this.#calls.map(({ id, result }) => result ?? notRun(id));
    this.#calls = [];
    this.#waiting.clear();
    const rest = this.#behind.filter(({ content }) => content.length > 0);
    this.#behind = [];
    if (results.length > 0) {
      // What the user has said with the results stays in one message with them.
      const said = rest[0]?.role === "user" ? rest.shift() : undefined;
      this.#messages.push({ role: "user", content: [...results, ...(said?.content ?? [])] });
    }
    for (const message of rest) this.#messages.push(message);
  }
}

function notRun(id: string): HubToolResult {
  return { type: "tool_result", tool_use_id: id, content: [{ type: "text", text: NOT_RUN }], is_error: true };
}

/** A result without its call is what the user has told. */
function asText({ content }: HubToolResult): HubBlock[] {
  return content.length === 0 ? [] : [{ type: "text", text: "Result of an earlier call:" }, ...content];
}
