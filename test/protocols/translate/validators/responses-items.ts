/** What may come for one item of a Responses stream while it is open. */
import { type Data, dataOf, isData, listOf } from "./frames.ts";

export interface Item {
  id: unknown;
  type: string;
  /** Of a message or of reasoning, by the index of its content or summary. */
  parts: Part[];
  /** Of a call: its arguments so far; null before the first. */
  text: string | null;
  /** Whether an event has said that the arguments are done. */
  isWhole: boolean;
  /** The item as it was when it was done. */
  done: Data | null;
}

interface Part {
  kind: string;
  text: string;
  annotations: unknown[];
  /** Whether an event has said that the text is done. */
  isWhole: boolean;
  isDone: boolean;
}

type Rule = (holds: boolean, words: string) => void;
type Check = (item: Item, event: Data, rule: Rule) => void;

const PART_KINDS: Readonly<Record<string, readonly string[]>> = {
  message: ["output_text", "refusal"],
  reasoning: ["summary_text", "reasoning_text"],
};

function partAdded(index: string): Check {
  return (item, event, rule) => {
    const part = dataOf(event.part);
    const kind = String(part.type);
    rule(PART_KINDS[item.type]?.includes(kind) ?? false, `an item of the type ${item.type} has no part ${kind}`);
    rule(event[index] === item.parts.length, `parts are counted from 0 without a gap: ${event[index]}`);
    rule(
      item.parts.every(({ isDone }) => isDone),
      "one part is open at a time",
    );
    rule((part.text ?? part.refusal) === "", "a part begins empty");
    rule(kind !== "output_text" || Array.isArray(part.annotations), "a text has its annotations");
    item.parts.push({ kind, text: "", annotations: [], isWhole: false, isDone: false });
  };
}

function partDone(index: string): Check {
  return (item, event, rule) => {
    const part = openPart(item, event[index], rule);
    const { type, text, refusal, annotations } = dataOf(event.part);
    rule(type === part.kind && (text ?? refusal) === part.text, "a part is done with what was streamed");
    rule(part.isWhole, "the text of a part is done before it is");
    rule(listOf(annotations).length === part.annotations.length, "a part has the annotations that were streamed");
    part.isDone = true;
  };
}

function textDelta(index: string, kind: string): Check {
  return (item, event, rule) => {
    const part = openPart(item, event[index], rule);
    rule(part.kind === kind && !part.isWhole, `it belongs to a part ${kind} that is not done`);
    rule(typeof event.delta === "string" && event.delta !== "", "its delta is a text");
    part.text += String(event.delta);
  };
}

function textDone(index: string, kind: string, member: string): Check {
  return (item, event, rule) => {
    const part = openPart(item, event[index], rule);
    rule(part.kind === kind && !part.isWhole, `it belongs to a part ${kind} that is not done`);
    rule(event[member] === part.text, "the text is the sum of its deltas");
    part.isWhole = true;
  };
}

const NO_PART: Part = { kind: "", text: "", annotations: [], isWhole: false, isDone: false };

function openPart(item: Item, index: unknown, rule: Rule): Part {
  const part = item.parts[Number(index)];
  rule(part !== undefined && !part.isDone, `its part is open: ${index}`);
  return part ?? { ...NO_PART };
}

function inputDelta(type: string): Check {
  return (item, { delta }, rule) => {
    rule(item.type === type && !item.isWhole, `it belongs to a ${type} that is not done`);
    rule(typeof delta === "string", "its delta is a text");
    item.text = (item.text ?? "") + String(delta);
  };
}

function inputDone(type: string, member: string): Check {
  return (item, event, rule) => {
    rule(item.type === type && !item.isWhole, `it belongs to a ${type} that is not done`);
    rule(event[member] === (item.text ?? ""), "what is done is the sum of its deltas");
    item.text ??= "";
    item.isWhole = true;
  };
}

const annotated: Check = (item, event, rule) => {
  const part = openPart(item, event.content_index, rule);
  rule(event.annotation_index === part.annotations.length, "annotations are counted from 0 without a gap");
  rule(isData(event.annotation), "an annotation is an object");
  part.annotations.push(event.annotation);
};

const ofSearch: Check = ({ type }, _, rule) => rule(type === "web_search_call", "it belongs to a search");

export const ITEM_EVENTS: Readonly<Record<string, Check>> = {
  "response.content_part.added": partAdded("content_index"),
  "response.content_part.done": partDone("content_index"),
  "response.output_text.delta": textDelta("content_index", "output_text"),
  "response.output_text.done": textDone("content_index", "output_text", "text"),
  "response.output_text.annotation.added": annotated,
  "response.refusal.delta": textDelta("content_index", "refusal"),
  "response.refusal.done": textDone("content_index", "refusal", "refusal"),
  "response.reasoning_text.delta": textDelta("content_index", "reasoning_text"),
  "response.reasoning_text.done": textDone("content_index", "reasoning_text", "text"),
  "response.reasoning_summary_part.added": partAdded("summary_index"),
  "response.reasoning_summary_part.done": partDone("summary_index"),
  "response.reasoning_summary_text.delta": textDelta("summary_index", "summary_text"),
  "response.reasoning_summary_text.done": textDone("summary_index", "summary_text", "text"),
  "response.function_call_arguments.delta": inputDelta("function_call"),
  "response.function_call_arguments.done": inputDone("function_call", "arguments"),
  "response.custom_tool_call_input.delta": inputDelta("custom_tool_call"),
  "response.custom_tool_call_input.done": inputDone("custom_tool_call", "input"),
  "response.web_search_call.in_progress": ofSearch,
  "response.web_search_call.searching": ofSearch,
  "response.web_search_call.completed": ofSearch,
};
