import { expect, test } from "vitest";
import { balanced } from "../../../src/protocols/translate/turns.ts";
import fc from "../../fast-check.ts";
import { answers, conversations, failingStreams, requests, streams } from "./arbitraries.ts";
import { read } from "./from-messages/asked.ts";
import { messagesViolations } from "./validators/messages.ts";

const EVERYTHING = { thinking: true, search: true, images: true };
const ASKING = [{}, { thinking: { type: "adaptive" } }];

test("every stream of the hub is one that Messages clients take, with thinking or without", () => {
  fc.assert(
    fc.property(streams(EVERYTHING), fc.constantFrom(...ASKING), ({ events }, body) => {
      const stream = read(body).answer.stream();
      expect(messagesViolations(events.map((event) => stream.write(event)).join(""))).toEqual([]);
    }),
  );
});

test("a stream that fails is closed before its error", () => {
  fc.assert(
    fc.property(failingStreams(EVERYTHING), fc.constantFrom(...ASKING), fc.boolean(), (events, body, breaksOff) => {
      const stream = read(body).answer.stream();
      const said = events.slice(0, breaksOff ? -1 : undefined).map((event) => stream.write(event));
      if (breaksOff) said.push(stream.broken("It broke off."));
      const found = messagesViolations(said.join(""));
      // Where it broke off in a text that had not begun, there is none in it.
      expect(found.filter((words) => words !== "no block of text is empty")).toEqual([]);
    }),
  );
});

test("conversations are in balance, begin and end with the user, and take turns", () => {
  fc.assert(
    fc.property(conversations(30, EVERYTHING), (messages) => {
      expect(balanced(messages)).toBe(messages);
      expect([messages[0]?.role, messages.at(-1)?.role]).toEqual(["user", "user"]);
      expect(messages.every(({ role }, index) => role !== messages[index + 1]?.role)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("there are calls, thinking, searches and pictures among them", () => {
  const sample = fc.sample(requests(30, EVERYTHING), { numRuns: 20, seed: 1 });
  const types = new Set(
    sample.flatMap(({ messages }) => messages.flatMap(({ content }) => content.map((b) => b.type))),
  );
  expect([...types].sort()).toEqual([
    ...["image", "redacted_thinking", "server_tool_use", "text", "thinking", "tool_result", "tool_use"],
    "web_search_tool_result",
  ]);
  const plain = fc.sample(answers({ thinking: false }), { numRuns: 20, seed: 1 });
  expect(plain.every(({ content }) => content.every(({ type }) => type === "text" || type === "tool_use"))).toBe(true);
});
