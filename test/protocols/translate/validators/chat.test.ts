import { describe, expect, test } from "vitest";
import { chatViolations } from "./chat.ts";
import { at, type Events, findsEach, type Loose, repeated, swapped, unnamed, without } from "./mutants.ts";

const HEAD = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "m" };
const chunk = (delta: Loose, finish_reason: string | null = null) => ({
  ...HEAD,
  choices: [{ index: 0, delta, finish_reason }],
});
const call = (index: number, more: Loose) => chunk({ tool_calls: [{ index, ...more }] });
const named = (id: string) => ({ id, type: "function", function: { name: "a", arguments: "" } });

const VALID = [
  chunk({ role: "assistant", content: "" }),
  chunk({ reasoning_content: "Hm." }),
  chunk({ content: "Look." }),
  call(0, named("call_1")),
  call(0, { function: { arguments: '{"b":1}' } }),
  call(1, named("call_2")),
  call(1, { function: { arguments: "{}" } }),
  chunk({}, "tool_calls"),
  { ...HEAD, choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
  { done: true },
];

const write = (events: Events) => unnamed(events.map((event) => (event.done ? "[DONE]" : event)));
const deltaOf = (event: Loose) => event.choices[0].delta;
const ERROR = { error: { message: "It broke off.", type: "server_error" } };

describe("the validator of Chat streams", () => {
  findsEach(VALID, write, chatViolations, {
    "no role": (events) => without(events, 0),
    "a role in each delta": (events) => {
      deltaOf(at(events, 2)).role = "assistant";
    },
    "another id": (events) => {
      at(events, 2).id = "chatcmpl-2";
    },
    "another time": (events) => {
      at(events, 2).created++;
    },
    "another object": (events) => {
      at(events, 2).object = "chat.completion";
    },
    "two calls of one index": (events) => {
      for (const event of events.slice(5, 7)) deltaOf(event).tool_calls[0].index = 0;
    },
    "calls counted from 1": (events) => {
      for (const event of events.slice(3, 7)) deltaOf(event).tool_calls[0].index++;
    },
    "an id in the next piece of a call that is not its own": (events) => {
      deltaOf(at(events, 4)).tool_calls[0].id = "call_9";
    },
    "a name again": (events) => {
      deltaOf(at(events, 4)).tool_calls[0].function.name = "a";
    },
    "a call without a name": (events) => {
      delete deltaOf(at(events, 3)).tool_calls[0].function.name;
    },
    "two calls of one id": (events) => {
      deltaOf(at(events, 5)).tool_calls[0].id = "call_1";
    },
    "an id too long": (events) => {
      deltaOf(at(events, 3)).tool_calls[0].id = "c".repeat(41);
    },
    "arguments as an object": (events) => {
      deltaOf(at(events, 4)).tool_calls[0].function.arguments = { b: 1 };
    },
    "arguments that are no object": (events) => without(events, 4),
    "no reason to finish": (events) => without(events, 7),
    "two reasons to finish": (events) => repeated(events, 7),
    "a reason that is the Messages API's": (events) => {
      at(events, 7).choices[0].finish_reason = "tool_use";
    },
    "a stop with calls": (events) => {
      at(events, 7).choices[0].finish_reason = "stop";
    },
    "a finish for tools without a call": (events) => events.toSpliced(3, 4),
    "usage before the finish": (events) => swapped(events, 7),
    "no usage": (events) => without(events, 8),
    "usage twice": (events) => repeated(events, 8),
    "a total that is not the sum": (events) => {
      at(events, 8).usage.total_tokens = 6;
    },
    "more cached than there was": (events) => {
      at(events, 8).usage.prompt_tokens_details = { cached_tokens: 4 };
    },
    "usage in a chunk with a choice": (events) => {
      at(events, 7).usage = at(events, 8).usage;
    },
    "no [DONE]": (events) => without(events, 9),
    "something behind [DONE]": (events) => swapped(events, 8),
    "an empty list of calls": (events) => {
      deltaOf(at(events, 2)).tool_calls = [];
    },
  });

  test("wants no usage where none was asked for", () => {
    const asked = { usage: false };
    expect(chatViolations(write(without(VALID, 8)), asked)).toEqual([]);
    expect(chatViolations(write(VALID), asked)).not.toEqual([]);
  });

  test("takes an error for an end, with nothing behind it", () => {
    expect(chatViolations(write([...VALID.slice(0, 4), ERROR]))).toEqual([]);
    expect(chatViolations(write([...VALID.slice(0, 4), ERROR, { done: true }]))).not.toEqual([]);
    expect(chatViolations(write(VALID.slice(0, 4)))).not.toEqual([]);
    expect(chatViolations(`event: x\n${write(VALID)}`)).not.toEqual([]);
  });
});
