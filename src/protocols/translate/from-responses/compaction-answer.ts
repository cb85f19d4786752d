/** The answer to a client that asked for a compaction: a single item, made from the text that the model has written. */
import { array, isObject } from "../../../ground/json.ts";
import { eventsOf } from "../compose.ts";
import type { AnswerWriter, StreamWriter } from "../halves.ts";
import type { HubAnswer, HubEvent, Json } from "../hub.ts";
import { compacted } from "./compaction.ts";
import { baseOf, type Frame, incompleteReasonOf, usageMembers } from "./envelope.ts";
import { Ladder } from "./ladder.ts";
import { brokenOff, Lifecycle } from "./stream.ts";

const NO_SUMMARY = brokenOff("The model has not summed up the conversation.");

/** A compaction inside a response, as Codex asks for it. */
export function compactionWriter(frame: Frame): AnswerWriter {
  return {
    whole: (answer) => {
      const stream = new CompactionWriter(frame, new Ladder(true));
      for (const event of eventsOf(answer)) stream.write(event);
      return { ...stream.response, ...frame.repeated };
    },
    stream: () => new CompactionWriter(frame, new Ladder(false)),
  };
}

class CompactionWriter implements StreamWriter {
  readonly #life: Lifecycle;
  #summary = "";
  #isText = false;

  constructor(frame: Frame, ladder: Ladder) {
    this.#life = new Lifecycle(frame, ladder);
  }

  get response(): Json {
    return this.#life.response;
  }

  write(event: HubEvent): string {
    switch (event.type) {
      case "start":
        return this.#life.start(event.id);
      case "open":
        this.#isText = event.block.type === "text";
        return "";
      case "delta":
        if (this.#isText) this.#summary += event.text;
        return "";
      case "end":
        return this.#end(event);
      case "error":
        return this.#life.fail(event.error, []);
      default:
        return "";
    }
  }

  ping(): string {
    return this.#life.ping();
  }

  broken(message: string): string {
    return this.#life.fail(brokenOff(message), []);
  }

  #end(event: Extract<HubEvent, { type: "end" }>): string {
    // A summary that was cut off is no summary.
    if (incompleteReasonOf(event.stopReason) !== null) return this.#life.end(event, []);
    if (this.#summary.trim() === "") return this.#life.fail(NO_SUMMARY, []);
    const item = itemOf(this.#life.base, compacted(this.#summary));
    const { ladder } = this.#life;
    return (
      ladder.event("response.output_item.added", { output_index: 0, item: { ...item, encrypted_content: "" } }) +
      ladder.event("response.output_item.done", { output_index: 0, item }) +
      this.#life.end(event, [item])
    );
  }
}

function itemOf(
  base: string,
  encrypted_content: string,
): { id: string; type: "compaction"; encrypted_content: string } {
  return { id: `cmp_${base}`, type: "compaction", encrypted_content };
}

/** A compaction that was asked for on its own route: what is kept of the conversation, and the item. It is never streamed. */
export function compactedWriter(frame: Frame, kept: readonly Json[]): AnswerWriter {
  return {
    fault: (answer) => (summaryOf(answer) === null ? NO_SUMMARY : null),
    whole: (answer) => {
      const base = baseOf(answer.id, frame);
      const messages = kept.map((message, index) => ({ id: `msg_${base}_${index}`, status: "completed", ...message }));
      return {
        id: `resp_${base}`,
        object: "response.compaction",
        created_at: frame.createdAt,
        output: [...messages, itemOf(base, compacted(summaryOf(answer) ?? ""))],
        usage: usageMembers(answer.usage),
      };
    },
    stream: () => new CompactionWriter(frame, new Ladder(false)),
  };
}

function summaryOf({ content, stopReason }: HubAnswer): string | null {
  const texts = content.map((block) => (block.type === "text" ? block.text : ""));
  const summary = texts.join("");
  return incompleteReasonOf(stopReason) !== null || summary.trim() === "" ? null : summary;
}

/** The type of such an answer says that the user's messages stay unchanged. They are held while the relay waits, so they are bounded. */
const LONGEST_KEPT = 256 * 1024;

export function keptOf({ input }: Json): Json[] {
  if (typeof input === "string")
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  const kept: Json[] = [];
  let length = 0;
  for (const item of array(input).toReversed()) {
    if (!isObject(item) || item.role !== "user") continue;
    const message = { ...item, type: "message", content: partsOf(item.content) };
    length += JSON.stringify(message).length;
    if (length > LONGEST_KEPT) break;
    kept.unshift(message);
  }
  return kept;
}

function partsOf(content: unknown): unknown {
  return typeof content === "string" ? [{ type: "input_text", text: content }] : content;
}
