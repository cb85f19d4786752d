import { describe, expect, test } from "vitest";
import { carriedSignature } from "../../../../src/protocols/translate/to-gemini/signatures.ts";
import { call, conversationOf, droppedOf, hubOf, refusedFor, text } from "./reading.ts";

const user = (content: unknown) => ({ role: "user", content });
const tool = (tool_call_id: string, content: unknown) => ({ role: "tool", tool_call_id, content });
const calling = (...tool_calls: object[]) => ({ role: "assistant", content: null, tool_calls });
const use = (id: string, name = "look", input = {}) => ({ type: "tool_use", id, name, input });
const result = (tool_use_id: string, ...words: string[]) => ({
  type: "tool_result",
  tool_use_id,
  content: words.map(text),
  is_error: false,
});

describe("instructions", () => {
  test("that lead are the system's, whichever role they have; later ones stay where they are", () => {
    expect(
      conversationOf([
        { role: "system", content: "one" },
        { role: "developer", content: [{ type: "text", text: "two" }] },
        user("hi"),
        { role: "developer", content: "three" },
        user("ho"),
      ]),
    ).toEqual({
      system: [text("one"), text("two")],
      messages: [
        { role: "user", content: [text("hi")] },
        { role: "system", content: [text("three")] },
        { role: "user", content: [text("ho")] },
      ],
    });
  });

  test("alone are what the user asks, since no other format answers them", () => {
    expect(
      conversationOf([
        { role: "system", content: "one" },
        { role: "system", content: "two" },
      ]),
    ).toEqual({
      system: [text("one")],
      messages: [{ role: "user", content: [text("two")] }],
    });
  });
});

describe("an assistant's turn", () => {
  const messageOf = (message: object) =>
    conversationOf([user("hi"), { role: "assistant", ...message }, tool("c1", "done")]).messages[1]?.content;

  test.each([[""], [null], ["  \n"], [[]], [undefined]])(
    // vercel/ai#5576, litellm#22979, claude-code#62396
    "with the content %j and calls is its calls alone, without an empty block of text",
    (content) => {
      expect(messageOf({ content, tool_calls: [call("c1")] })).toEqual([use("c1")]);
    },
  );

  test("is what it said, what it refused, then its calls", () => {
    const content = [
      { type: "text", text: "well" },
      { type: "refusal", refusal: "no" },
    ];
    expect(messageOf({ content, refusal: "never", tool_calls: [call("c1", "look", '{"a":1}')] })).toEqual([
      text("well"),
      text("no"),
      text("never"),
      use("c1", "look", { a: 1 }),
    ]);
  });

  // any-llm#1325
  test("with an empty list of calls has none", () => {
    expect(conversationOf([user("hi"), { role: "assistant", content: "ho", tool_calls: [] }]).messages[1]).toEqual({
      role: "assistant",
      content: [text("ho")],
    });
  });

  test.each([
    ["", {}],
    [" ", {}],
    [null, {}],
    [{ a: 1 }, { a: 1 }],
    ['{"a":{"__proto__":1}}', JSON.parse('{"a":{"__proto__":1}}')],
  ])("with the arguments %j has the input %j", (args, input) => {
    const one = { id: "c1", type: "function", function: { name: "look", arguments: args } };
    expect(messageOf({ tool_calls: [one] })).toEqual([use("c1", "look", input)]);
    expect(droppedOf({ messages: [user("hi"), calling(one)] })).toEqual([]);
  });

  test.each([['{"a":'], ["[1]"], ["null"], [`{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`]])(
    "whose arguments are no JSON object that can be carried keeps the call, and they are named as dropped (%#)",
    (args) => {
      const messages = [user("hi"), calling(call("c1", "look", args))];
      expect(conversationOf(messages).messages[1]?.content).toEqual([use("c1")]);
      expect(droppedOf({ messages })).toEqual(["messages.1.tool_calls.0.function.arguments"]);
    },
  );

  test("may hold many brackets in the texts of its arguments", () => {
    const input = { a: `${'[{"'.repeat(3000)}\\` };
    expect(messageOf({ tool_calls: [call("c1", "look", JSON.stringify(input))] })).toEqual([use("c1", "look", input)]);
  });

  test("has the input of a free-form call as its one argument", () => {
    const one = { id: "c1", type: "custom", custom: { name: "patch", input: "*** Begin" } };
    expect(messageOf({ tool_calls: [one] })).toEqual([use("c1", "patch", { input: "*** Begin" })]);
  });

  test("may call tools whose names every object has", () => {
    expect(messageOf({ tool_calls: [call("c1", "constructor")] })).toEqual([use("c1", "constructor")]);
  });
});

describe("results of tools", () => {
  // higress#3517
  test("that follow each other are one turn, directly behind their calls", () => {
    const messages = [
      user("hi"),
      calling(call("a"), call("b")),
      tool("b", "B"),
      tool("a", ["A"].map(text)),
      user("go on"),
    ];
    expect(conversationOf(messages).messages.slice(2)).toEqual([
      { role: "user", content: expect.arrayContaining([result("a", "A"), result("b", "B")]) },
      { role: "user", content: [text("go on")] },
    ]);
  });

  test("that are missing are made up, and say so", () => {
    const messages = [user("hi"), calling(call("a"), call("b")), tool("a", "A"), user("go on")];
    const turn = conversationOf(messages).messages[2];
    expect(turn?.content.slice(0, 2)).toEqual([
      result("a", "A"),
      expect.objectContaining({ type: "tool_result", tool_use_id: "b", is_error: true }),
    ]);
  });

  test("without a call are what the user told", () => {
    const [, turn] = conversationOf([user("hi"), tool("gone", "42")]).messages;
    expect(turn?.role).toBe("user");
    expect(turn?.content.every(({ type }) => type === "text")).toBe(true);
    expect(turn?.content.at(-1)).toEqual(text("42"));
  });

  test("may be empty, and may hold pictures where a client sends some", () => {
    const image_url = { url: "data:image/png;base64,AAAA" };
    const messages = [
      user("hi"),
      calling(call("a"), call("b")),
      tool("a", ""),
      tool("b", [{ type: "image_url", image_url }]),
    ];
    const source = { type: "base64", media_type: "image/png", data: "AAAA" };
    expect(conversationOf(messages).messages[2]?.content).toEqual([
      result("a"),
      { ...result("b"), content: [{ type: "image", source }] },
    ]);
  });

  test("belong to the calls of their own turn where a client counts its calls anew in each", () => {
    const turn = (answer: string) => [calling(call("call_0")), tool("call_0", answer)];
    const { messages } = conversationOf([user("hi"), ...turn("one"), ...turn("two")]);
    const ids = messages.flatMap(({ content }) =>
      content.flatMap((block) => (block.type === "tool_use" ? [block.id] : [])),
    );
    expect(new Set(ids).size).toBe(2);
    expect(messages.flatMap(({ content }) => content.filter(({ type }) => type === "tool_result"))).toEqual(
      ["one", "two"].map((answer, index) => result(ids[index] ?? "", answer)),
    );
  });

  test("find calls that came without an id, in their order", () => {
    const messages = [user("hi"), calling(call("", "one"), call("", "two")), tool("", "1"), tool("", "2")];
    expect(conversationOf(messages).messages.slice(1)).toEqual([
      { role: "assistant", content: [use("call_1", "one"), use("call_2", "two")] },
      { role: "user", content: [result("call_1", "1"), result("call_2", "2")] },
    ]);
  });
});

test("the old form of calls is understood: `function_call`, and the role `function`", () => {
  const messages = [
    user("hi"),
    { role: "assistant", content: null, function_call: { name: "look", arguments: '{"a":1}' } },
    { role: "function", name: "look", content: "seen" },
  ];
  expect(conversationOf(messages).messages.slice(1)).toEqual([
    { role: "assistant", content: [use("call_1", "look", { a: 1 })] },
    { role: "user", content: [result("call_1", "seen")] },
  ]);
});

describe("thinking that a client echoes", () => {
  const echoed = (message: object) => {
    const messages = [user("hi"), { role: "assistant", content: "ho", ...message }];
    return conversationOf(messages).messages[1]?.content;
  };
  const thinking = (words: string, signature = "") => ({ type: "thinking", thinking: words, signature });

  test.each(["reasoning_content", "reasoning"])("in %s stands before the text, unsigned", (member) => {
    expect(echoed({ [member]: "hm" })).toEqual([thinking("hm"), text("ho")]);
  });

  test("in reasoning_details has its signature, and redacted thinking its data", () => {
    const reasoning_details = [
      { type: "reasoning.text", text: "hm", signature: "s1" },
      { type: "reasoning.text", text: "", signature: "s2" },
      { type: "reasoning.text", text: "" },
      { type: "reasoning.encrypted", data: "d", format: "anthropic-claude-v1" },
      // Another provider's.
      { type: "reasoning.encrypted", data: "x", format: "openai-responses-v1" },
      { type: "reasoning.summary", summary: "in short" },
      "no detail",
    ];
    expect(echoed({ reasoning_details, reasoning_content: "hm" })).toEqual([
      thinking("hm", "s1"),
      thinking("", "s2"),
      { type: "redacted_thinking", data: "d" },
      thinking("in short"),
      text("ho"),
    ]);
  });

  test("stands before the call that it led to", () => {
    const reasoning_details = [
      { type: "reasoning.text", text: "first", signature: "s1" },
      { type: "reasoning.text", text: "second", signature: "s2", id: "b" },
      { type: "reasoning.text", text: "of no call here", signature: "s3", id: "gone" },
    ];
    expect(echoed({ reasoning_details, content: null, tool_calls: [call("a"), call("b")] })).toEqual([
      thinking("first", "s1"),
      thinking("of no call here", "s3"),
      use("a"),
      thinking("second", "s2"),
      use("b"),
    ]);
  });

  test("is known by Google's signature at a call", () => {
    const signed = { ...call("a"), extra_content: { google: { thought_signature: "c2ln" } } };
    const signature = carriedSignature("call", "c2ln");
    expect(echoed({ content: null, tool_calls: [signed] })).toEqual([thinking("", signature), use("a")]);
    const detail = { type: "reasoning.text", text: "hm", signature, id: "a" };
    expect(echoed({ content: null, tool_calls: [signed], reasoning_details: [detail] })?.[0]).toEqual(
      thinking("hm", detail.signature),
    );
  });
});

describe("what cannot be read is refused by its place", () => {
  test.each([
    ["messages", undefined],
    ["messages", "hello"],
    ["messages", []],
    ["messages", [user("")]],
    ["messages.0.role", [null]],
    ["messages.0.role", [{ role: "robot", content: "hi" }]],
    ["messages.0.content", [user(7)]],
    ["messages.0.content.1.type", [user([{ type: "text", text: "a" }, { type: "video_url" }])]],
    ["messages.0.content.0.text", [user([{ type: "text" }])]],
    ["messages.0.content.0.type", [{ role: "system", content: [{ type: "image_url" }] }]],
    ["messages.1.tool_calls.0.function.name", [user("hi"), calling({ id: "a" })]],
  ])("%s", (member, messages) => {
    expect(refusedFor({ messages })).toBe(member);
  });
});

test("a name that a message has besides its role is dropped and named; that of a result's tool is no loss", () => {
  const named = { ...tool("a", "A"), name: "look" };
  expect(droppedOf({ messages: [user("hi"), calling(call("a")), named] })).toEqual([]);
  expect(
    droppedOf({
      messages: [
        { ...user("hi"), name: "Ann" },
        { ...user("ho"), name: "Bob" },
      ],
    }),
  ).toEqual(["messages.name"]);
});

test("the model is the one that the client has named, wherever it was named", () => {
  expect(hubOf({ model: "other" }).model).toBe("asked");
});
