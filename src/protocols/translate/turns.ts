/**
 * Balances turns: directly after an assistant's turn with calls comes one result for each call, and there are no other results. Every
 * provider refuses a conversation that is not balanced, and clients send them: a turn that was interrupted, a history that was cut, two
 * calls with one id. It is done once, on the hub, for all formats.
 */
import type { HubBlock, HubMessage, HubToolResult } from "./hub.ts";

/** Replaces a result that the client has not sent. */
const NOT_RUN = "No result: the call was not carried out.";

/** The messages, balanced; the same list if nothing had to be done. */
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
  /** The same by the ids that they came with. Those from `next` on have no result yet. */
  readonly #waiting = new Map<string, { calls: Call[]; next: number }>();
  /** The messages since that turn, without the results of its calls. */
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

  /** Anthropic accepts an id only once in a conversation. Clients that number their calls anew in each turn repeat ids. */
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
      // What the user has said together with the results stays in one message with them.
      const said = rest[0]?.role === "user" ? rest.shift() : undefined;
      this.#messages.push({ role: "user", content: [...results, ...(said?.content ?? [])] });
    }
    for (const message of rest) this.#messages.push(message);
  }
}

function notRun(id: string): HubToolResult {
  return { type: "tool_result", tool_use_id: id, content: [{ type: "text", text: NOT_RUN }], is_error: true };
}

/** A result without its call becomes text of the user. */
function asText({ content }: HubToolResult): HubBlock[] {
  return content.length === 0 ? [] : [{ type: "text", text: "Result of an earlier call:" }, ...content];
}
