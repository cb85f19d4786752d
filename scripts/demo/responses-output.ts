/**
 * The output of a response, as items and as the ladder of events by which a stream builds them. Pure: what is said, and with which tool, is
 * already decided.
 */
import { piecesOf, type Spoken, wordsOf } from "./conversation.ts";
import type { Frame } from "./exchange.ts";
import type { Fields } from "./fields.ts";
import type { ResponsesTool } from "./responses-tools.ts";

type Status = "in_progress" | "completed" | "incomplete";
interface Part {
  type: "output_text";
  text: string;
  annotations: [];
  logprobs: [];
}
export type Item =
  | { type: "reasoning"; id: string; summary: { type: "summary_text"; text: string }[]; encrypted_content?: string }
  | { type: "message"; id: string; role: "assistant"; status: Status; content: Part[] }
  | { type: "function_call"; id: string; status: Status; call_id: string; name: string; arguments: string }
  | { type: "custom_tool_call"; id: string; status: Status; call_id: string; name: string; input: string };

interface Wanted {
  /** Whether the reasoning is shown as a summary. */
  summarised: boolean;
  /** Whether the reasoning is also given in a form that only the upstream can read. */
  encrypted: boolean;
  /** The tool of the call. */
  tool?: ResponsesTool | undefined;
}

type Step = [event: Fields & { type: string }, paced?: boolean];

export function itemsOf(id: string, spoken: Spoken, { summarised, encrypted, tool }: Wanted): Item[] {
  const { thought, text, call, cut } = spoken;
  const status = cut ? "incomplete" : "completed";
  const items: Item[] = [];
  if (thought) {
    const secret = encrypted && { encrypted_content: Buffer.from(thought).toString("base64") };
    const summary = summarised ? [{ type: "summary_text" as const, text: thought }] : [];
    items.push({ type: "reasoning", id: `rs_${id}`, summary, ...secret });
  }
  items.push({ type: "message", id: `msg_${id}`, role: "assistant", status, content: [partOf(text)] });
  if (call) {
    const head = { status, call_id: `call_${id}`, name: call.name } as const;
    const namespace = tool?.namespace ? { namespace: tool.namespace } : {};
    items.push(
      tool?.kind === "custom"
        ? { type: "custom_tool_call", id: `ctc_${id}`, ...head, input: String(call.input), ...namespace }
        : { type: "function_call", id: `fc_${id}`, ...head, arguments: JSON.stringify(call.input), ...namespace },
    );
  }
  return items;
}

/** The whole stream: from `opening`, the response before anything was said, to `done`. */
export function framesOf(opening: Fields, done: Fields & { output: Item[] }): Frame[] {
  const steps: Step[] = [
    [{ type: "response.created", response: opening }],
    [{ type: "response.in_progress", response: opening }],
    ...done.output.flatMap(itemSteps),
    [{ type: `response.${done.status}`, response: done }],
  ];
  return steps.map(([{ type, ...rest }, paced = false], at) => ({
    text: `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: at, ...rest })}\n\n`,
    paced,
  }));
}

function itemSteps(item: Item, output_index: number): Step[] {
  const at = { item_id: item.id, output_index };
  const { empty, steps } = insideOf(item, at);
  return [
    [{ type: "response.output_item.added", output_index, item: empty }],
    ...steps,
    [{ type: "response.output_item.done", output_index, item }],
  ];
}

/** An item as it begins, and the steps that fill it. */
function insideOf(item: Item, at: { item_id: string; output_index: number }): { empty: Item; steps: Step[] } {
  switch (item.type) {
    case "reasoning":
      return {
        empty: { ...item, summary: [] },
        steps: item.summary.flatMap((part, index) => summary(part, index, at)),
      };
    case "message":
      return {
        empty: { ...item, status: "in_progress", content: [] },
        steps: item.content.flatMap((part, index) => text(part, { ...at, content_index: index })),
      };
    case "function_call":
      return {
        empty: { ...item, status: "in_progress", arguments: "" },
        steps: [
          ...piecesOf(item.arguments).map(
            (delta): Step => [{ type: "response.function_call_arguments.delta", ...at, delta }, true],
          ),
          [{ type: "response.function_call_arguments.done", ...at, arguments: item.arguments }],
        ],
      };
    case "custom_tool_call":
      return {
        empty: { ...item, status: "in_progress", input: "" },
        steps: [
          ...piecesOf(item.input).map(
            (delta): Step => [{ type: "response.custom_tool_call_input.delta", ...at, delta }, true],
          ),
          [{ type: "response.custom_tool_call_input.done", ...at, input: item.input }],
        ],
      };
  }
}

function summary(part: { type: "summary_text"; text: string }, index: number, at: Fields): Step[] {
  const here = { ...at, summary_index: index };
  return [
    [{ type: "response.reasoning_summary_part.added", ...here, part: { ...part, text: "" } }],
    ...wordsOf(part.text).map(
      (delta): Step => [{ type: "response.reasoning_summary_text.delta", ...here, delta }, true],
    ),
    [{ type: "response.reasoning_summary_text.done", ...here, text: part.text }],
    [{ type: "response.reasoning_summary_part.done", ...here, part }],
  ];
}

function text(part: Part, here: Fields): Step[] {
  return [
    [{ type: "response.content_part.added", ...here, part: partOf("") }],
    ...wordsOf(part.text).map(
      (delta): Step => [{ type: "response.output_text.delta", ...here, delta, logprobs: [] }, true],
    ),
    [{ type: "response.output_text.done", ...here, text: part.text, logprobs: [] }],
    [{ type: "response.content_part.done", ...here, part }],
  ];
}

function partOf(text: string): Part {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}
