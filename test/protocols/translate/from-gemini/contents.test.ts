import { describe, expect, test } from "vitest";
import { carry } from "../../../../src/protocols/translate/carried.ts";
import { signatureOf } from "../../../../src/protocols/translate/from-gemini/thoughts.ts";
import { carriedSignature } from "../../../../src/protocols/translate/to-gemini/signatures.ts";
import { hubOf, messagesOf, readFrom, refusalOf } from "./asked.ts";

const user = (...parts: object[]) => ({ role: "user", parts });
const model = (...parts: object[]) => ({ role: "model", parts });
const call = (name: string, id?: string, args = {}) => ({ functionCall: { name, args, ...(id && { id }) } });
const response = (name: string, output: unknown, id?: string) => ({
  functionResponse: { name, response: { output }, ...(id && { id }) },
});

describe("contents", () => {
  test("are the turns of user and assistant; one without a role is the user's", () => {
    expect(messagesOf({ parts: [{ text: "a" }] }, model({ text: "b" }), user({ text: "c" }, { text: "" }))).toEqual([
      { role: "user", content: [{ type: "text", text: "a" }] },
      { role: "assistant", content: [{ type: "text", text: "b" }] },
      { role: "user", content: [{ type: "text", text: "c" }] },
    ]);
  });

  test("may be a single one, and its parts a single one, or mere text", () => {
    const hello = [{ role: "user", content: [{ type: "text", text: "hello" }] }];
    expect(hubOf({ contents: { parts: { text: "hello" } } }).messages).toEqual(hello);
    expect(hubOf({ contents: "hello" }).messages).toEqual(hello);
  });

  test("have instructions beside them, as a content or as text", () => {
    const system = [{ type: "text", text: "Be brief." }];
    expect(hubOf({ systemInstruction: { role: "user", parts: [{ text: "Be brief." }] } }).system).toEqual(system);
    expect(hubOf({ system_instruction: { parts: { text: "Be brief." } } }).system).toEqual(system);
    expect(hubOf({ systemInstruction: "Be brief." }).system).toEqual(system);
    expect(hubOf({ systemInstruction: { text: "Be brief." } }).system).toEqual(system);
  });

  test("that are none are refused, and the refusal says where", () => {
    expect(refusalOf({ contents: [] })).toMatchObject({ member: "contents" });
    expect(refusalOf({ contents: [user(), { role: "robot", parts: [] }] })).toMatchObject({
      member: "contents.1.role",
    });
    expect(refusalOf({ contents: [7] })).toMatchObject({ member: "contents.0.role" });
    expect(refusalOf({ contents: [user({ text: 7 })] })).toMatchObject({ member: "contents.0.parts.0.text" });
    expect(refusalOf({ contents: [{ parts: ["a"] }] })).toMatchObject({ member: "contents.0.parts.0" });
    expect(refusalOf({ contents: [model({ functionCall: {} })] })).toMatchObject({
      member: "contents.0.parts.0.functionCall.name",
    });
  });
});

describe("media", () => {
  test("are pictures, sound, PDF and text, inline or by URL, under either spelling", () => {
    const inline = (mimeType: string, data = "AAAA") => ({ inlineData: { mimeType, data } });
    const file = { file_data: { file_uri: "https://x.test/a.pdf" } };
    const parts = [
      inline("image/png"),
      inline("audio/wav"),
      inline("application/pdf"),
      inline("text/csv", "YSxi"),
      file,
    ];
    expect(messagesOf(user(...parts, { inline_data: { mime_type: "image/webp", data: "_-8=" } }))).toEqual([
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
          { type: "audio", source: { type: "base64", media_type: "audio/wav", data: "AAAA" } },
          { type: "document", source: { type: "base64", media_type: "application/pdf", data: "AAAA" } },
          { type: "document", source: { type: "text", media_type: "text/plain", data: "a,b" } },
          { type: "document", source: { type: "url", url: "https://x.test/a.pdf" } },
          { type: "image", source: { type: "base64", media_type: "image/webp", data: "/+8=" } },
        ],
      },
    ]);
  });

  test("that no other provider can read are refused", () => {
    const refused = (part: object) => refusalOf({ contents: [user(part)] });
    expect(refused({ inlineData: { mimeType: "video/mp4", data: "AAAA" } })).toMatchObject({
      member: "contents.0.parts.0.inlineData.mimeType",
    });
    expect(refused({ inlineData: { mimeType: "image/png" } })).toMatchObject({
      member: "contents.0.parts.0.inlineData.data",
    });
    for (const fileUri of [
      "gs://b/a.png",
      "https://generativelanguage.googleapis.com/v1beta/files/a",
      "https://youtu.be/x",
      "files/a",
    ]) {
      expect(refused({ fileData: { fileUri, mimeType: "image/png" } })).toMatchObject({
        member: "contents.0.parts.0.fileData.fileUri",
      });
    }
  });

  test("that a model has made, and parts of an unknown kind, are left out and named", () => {
    const contents = [
      user({ text: "a", videoMetadata: {} }, { mystery: 1 }),
      model({ inlineData: { mimeType: "image/png", data: "AAAA" } }, { text: "b" }),
    ];
    const { hub, dropped } = readFrom({ contents });
    expect(hub.messages[1]).toEqual({ role: "assistant", content: [{ type: "text", text: "b" }] });
    expect(dropped).toEqual(["contents.parts.mystery", "contents.parts.inlineData"]);
  });

  test("code that Google has run is shown", () => {
    const parts = [
      { executableCode: { language: "PYTHON", code: "print(1)" } },
      { codeExecutionResult: { output: "1" } },
    ];
    expect(messagesOf(model(...parts))).toEqual([
      {
        role: "assistant",
        content: [
          { type: "text", text: "```python\nprint(1)\n```" },
          { type: "text", text: "```\n1\n```" },
        ],
      },
    ]);
  });
});

describe("calls", () => {
  const ids = (...contents: object[]) =>
    hubOf({ contents }).messages.flatMap(({ content }) =>
      content.flatMap((block) =>
        block.type === "tool_use" ? [block.id] : block.type === "tool_result" ? [`>${block.tool_use_id}`] : [],
      ),
    );

  test("keep their ids, names and arguments", () => {
    expect(messagesOf(model(call("look", "c1", { at: 1 })), user(response("look", "seen", "c1")))).toEqual([
      { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "look", input: { at: 1 } }] },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "c1", content: [{ type: "text", text: "seen" }], is_error: false },
        ],
      },
    ]);
  });

  test("without ids get those of their places, also as the conversation grows", () => {
    const first = [user({ text: "a" }), model(call("x"), call("y")), user(response("x", 1), response("y", 2))];
    expect(ids(...first)).toEqual(["call_1_0", "call_1_1", ">call_1_0", ">call_1_1"]);
    expect(ids(...first, model(call("x")), user(response("x", 3))).slice(0, 4)).toEqual(ids(...first));
    expect(new Set(ids(...first, model(call("x"))))).toHaveProperty("size", 5);
  });

  test("get their responses by id, then by name, whatever the order", () => {
    expect(ids(model(call("x", "1"), call("x", "2")), user(response("x", "b", "2"), response("x", "a", "1")))).toEqual([
      "1",
      "2",
      ">2",
      ">1",
    ]);
    expect(
      ids(model(call("x"), call("y"), call("x")), user(response("y", 1), response("x", 2), response("x", 3))),
    ).toEqual([...["call_0_0", "call_0_1", "call_0_2", ">call_0_1", ">call_0_0", ">call_0_2"]]);
    // Gemini CLI makes an id for a call that came without one, and says it in the response alone.
    expect(ids(model(call("x")), user(response("x", 1, "x-1718-0")))).toEqual(["call_0_0", ">call_0_0"]);
  });

  test("in several contents of one turn are all answered", () => {
    expect(ids(model(call("x")), model(call("y")), user(response("x", 1)), user(response("y", 1)))).toEqual([
      ...["call_0_0", "call_1_0", ">call_0_0", ">call_1_0"],
    ]);
  });

  test("have results of any form, errors among them", () => {
    const answers: [object, string, boolean][] = [
      [{ output: "seen" }, "seen", false],
      [{ output: { a: 1 } }, '{"a":1}', false],
      [{ temperature: 7 }, '{"temperature":7}', false],
      [{ error: "no such file" }, "no such file", true],
      [{ output: "partly", error: null }, "partly", false],
    ];
    for (const [given, text, is_error] of answers) {
      const message = hubOf({
        contents: [model(call("x")), user({ functionResponse: { name: "x", response: given } })],
      }).messages[1];
      expect(message?.content).toEqual([
        { type: "tool_result", tool_use_id: "call_0_0", content: [{ type: "text", text }], is_error },
      ]);
    }
  });

  test("have results with pictures", () => {
    const parts = [{ inlineData: { mimeType: "image/png", data: "AAAA" } }];
    const contents = [model(call("x")), user({ functionResponse: { name: "x", response: { output: "" }, parts } })];
    expect(hubOf({ contents }).messages[1]?.content).toMatchObject([
      { content: [{ type: "image", source: { data: "AAAA" } }] },
    ]);
  });

  test("by the names of JavaScript's own members are like all others", () => {
    const contents = [
      model(call("constructor"), call("__proto__")),
      user(response("__proto__", 1), response("constructor", 2)),
    ];
    expect(ids(...contents)).toEqual(["call_0_0", "call_0_1", ">call_0_1", ">call_0_0"]);
  });
});

describe("thoughts", () => {
  const thinking = { type: "thinking", thinking: "hm", signature: "EqoB+/=" } as const;

  test("of another provider come back out of the signature of the part behind them, whole", () => {
    const redacted = { type: "redacted_thinking", data: "x" } as const;
    const carried = { ...thinking, signature: carry("openai", "rs_1") };
    for (const thoughts of [[thinking], [thinking, redacted], [redacted], [carried]]) {
      const thoughtSignature = signatureOf(thoughts);
      expect(thoughtSignature).toMatch(/^[A-Za-z0-9+/]+=*$/);
      const parts = [
        { text: "hm", thought: true },
        { ...call("x", "1"), thoughtSignature },
      ];
      expect(messagesOf(model(...parts))).toMatchObject([{ content: [...thoughts, { type: "tool_use" }] }]);
      expect(messagesOf(model({ text: "", thought_signature: thoughtSignature }))).toEqual([
        { role: "assistant", content: thoughts },
      ]);
    }
  });

  test("of Google's own are told as such, with what was shown of them", () => {
    const parts = [
      { text: "hm", thought: true },
      { ...call("x", "1"), thoughtSignature: "c2ln" },
      { text: "b", thoughtSignature: "dGV4dA==" },
    ];
    expect(messagesOf(model(...parts))).toMatchObject([
      {
        content: [
          { ...thinking, signature: carriedSignature("call", "c2ln") },
          { type: "tool_use" },
          { type: "thinking", thinking: "", signature: carriedSignature("text", "dGV4dA==") },
          { type: "text" },
        ],
      },
    ]);
  });

  test("that nobody has signed have no signature", () => {
    const parts = [{ text: "h", thought: true }, { text: "m", thought: true }, { text: "b" }];
    expect(messagesOf(model(...parts))).toMatchObject([{ content: [{ ...thinking, signature: "" }, { text: "b" }] }]);
  });

  test("in a signature that only looks like the relay's are none", () => {
    const forged = Buffer.from(carry("anthropic", '[["a",7],7,[{}]]')).toString("base64");
    expect(messagesOf(model({ text: "b", thoughtSignature: forged }))).toEqual([
      { role: "assistant", content: [{ type: "text", text: "b" }] },
    ]);
  });
});
