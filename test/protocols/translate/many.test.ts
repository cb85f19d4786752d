/**
 * A body of 12 MB can hold hundreds of thousands of elements in one list, which must not be handed on as the arguments of a function
 * (the engine throws a RangeError) nor be worth quadratic work.
 */
import { describe, expect, test } from "vitest";
import { errorOf } from "../../../src/protocols/translate/errors.ts";
import { FROM_CHAT } from "../../../src/protocols/translate/from-chat/half.ts";
import { FROM_GEMINI } from "../../../src/protocols/translate/from-gemini/half.ts";
import { FROM_MESSAGES } from "../../../src/protocols/translate/from-messages/half.ts";
import { FROM_RESPONSES } from "../../../src/protocols/translate/from-responses/half.ts";
import type { ClientHalf, UpstreamHalf } from "../../../src/protocols/translate/halves.ts";
import type { HubBlock, HubMessage, Json } from "../../../src/protocols/translate/hub.ts";
import { TO_CHAT } from "../../../src/protocols/translate/to-chat/half.ts";
import { TO_GEMINI } from "../../../src/protocols/translate/to-gemini/half.ts";
import { TO_MESSAGES } from "../../../src/protocols/translate/to-messages/half.ts";
import { TO_RESPONSES } from "../../../src/protocols/translate/to-responses/half.ts";
import { signatureOf } from "../../../src/protocols/translate/to-responses/reasoning.ts";
import { balanced } from "../../../src/protocols/translate/turns.ts";
import { ASKED, UPSTREAM } from "./requests.ts";
import { hubRequest } from "./to-gemini/ask.ts";

const MANY = 200_000;

function many<T>(element: T): T[] {
  return Array.from({ length: MANY }, () => element);
}

const HELLO = { role: "user", content: "hello" };
const TEXT = { type: "text", text: "a" };
const SAID = { role: "user", content: many(TEXT) };
const USE = { type: "tool_use", id: "1", name: "look", input: {} };

interface Case {
  what: string;
  half: ClientHalf;
  body: Json;
}

const CASES: Case[] = [
  { what: "Messages: instructions", half: FROM_MESSAGES, body: { system: many(TEXT), messages: [HELLO] } },
  { what: "Messages: messages", half: FROM_MESSAGES, body: { messages: many(HELLO) } },
  { what: "Messages: blocks", half: FROM_MESSAGES, body: { messages: [SAID] } },
  {
    what: "Messages: calls",
    half: FROM_MESSAGES,
    body: { messages: [HELLO, { role: "assistant", content: many(USE) }] },
  },
  { what: "Chat: instructions", half: FROM_CHAT, body: { messages: [{ role: "system", content: many(TEXT) }, HELLO] } },
  { what: "Chat: messages", half: FROM_CHAT, body: { messages: many(HELLO) } },
  { what: "Chat: parts", half: FROM_CHAT, body: { messages: [SAID] } },
  {
    what: "Chat: calls and results without ids",
    half: FROM_CHAT,
    body: {
      messages: [
        HELLO,
        { role: "assistant", tool_calls: many({ type: "function", function: { name: "look", arguments: "{}" } }) },
        ...many({ role: "tool", content: "a" }),
      ],
    },
  },
  {
    what: "Chat: what was said before a result",
    half: FROM_CHAT,
    body: {
      messages: [
        HELLO,
        { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "look", arguments: "{}" } }] },
        ...many(HELLO),
      ],
    },
  },
  {
    what: "Responses: instructions",
    half: FROM_RESPONSES,
    body: { input: [{ role: "system", content: many({ type: "input_text", text: "a" }) }, HELLO] },
  },
  { what: "Responses: items", half: FROM_RESPONSES, body: { input: many(HELLO) } },
  {
    what: "Responses: parts",
    half: FROM_RESPONSES,
    body: { input: [{ role: "user", content: many({ type: "input_text", text: "a" }) }] },
  },
  {
    what: "Responses: calls",
    half: FROM_RESPONSES,
    body: { input: many({ type: "function_call", call_id: "1", name: "look", arguments: "{}" }) },
  },
  {
    what: "Gemini: instructions",
    half: FROM_GEMINI,
    body: { systemInstruction: { parts: many({ text: "a" }) }, contents: [{ parts: [{ text: "a" }] }] },
  },
  { what: "Gemini: contents", half: FROM_GEMINI, body: { contents: many({ role: "user", parts: [{ text: "a" }] }) } },
  { what: "Gemini: parts", half: FROM_GEMINI, body: { contents: [{ role: "user", parts: many({ text: "a" }) }] } },
  {
    what: "Gemini: calls",
    half: FROM_GEMINI,
    body: { contents: [{ role: "model", parts: many({ functionCall: { name: "look", args: {} } }) }] },
  },
];

const text: HubBlock = { type: "text", text: "a" };
const user = (content: HubBlock[]): HubMessage => ({ role: "user", content });
const call = (id: string): HubBlock => ({ type: "tool_use", id, name: "look", input: {} });
const thought: HubBlock = {
  ...{ type: "thinking", thinking: "a" },
  signature: signatureOf({ id: "rs_1", encrypted_content: "a" }),
};

const CONVERSATIONS: [what: string, messages: HubMessage[]][] = [
  ["messages of one role", many(user([text]))],
  ["blocks beside another message of the same role", [user([text]), user(many(text))]],
  ["messages behind a call", [user([text]), { role: "assistant", content: [call("1")] }, ...many(user([text]))]],
  ["calls of one id", [user([text]), { role: "assistant", content: many(call("1")) }]],
  ["thoughts before a call", [user([text]), { role: "assistant", content: [...many(thought), call("1")] }]],
  ["messages of the system's", [user([text]), ...many<HubMessage>({ role: "system", content: [text] })]],
];
const UPSTREAMS: [name: string, half: UpstreamHalf, model: string][] = [
  ["Messages", TO_MESSAGES, "claude-opus-4-8"],
  ["Chat", TO_CHAT, "gpt-5"],
  ["Responses", TO_RESPONSES, "gpt-5"],
  ["Gemini", TO_GEMINI, "gemini-3-pro"],
];

describe("two hundred thousand", () => {
  test("numbers in an upstream's error are read", () => {
    const message = `prompt is too long: ${many("1000").join(" ")} 900`;
    expect(errorOf(400, JSON.stringify({ error: { message } })).tooLong).toEqual({ tokens: 1000, most: 900 });
  });

  test.each(CASES)("elements of one list are read: $what", ({ half, body }) => {
    expect(half.read({ model: "asked", max_tokens: 1, ...body }, ASKED).ok).toBe(true);
  });

  for (const [name, half, model] of UPSTREAMS) {
    test.each(CONVERSATIONS)(`%s are written for ${name}`, (_, messages) => {
      const written = half.write(hubRequest({ messages: balanced(messages) }), { ...UPSTREAM, model });
      expect(written.ok).toBe(true);
    });
  }
});
