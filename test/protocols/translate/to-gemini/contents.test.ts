import { describe, expect, test } from "vitest";
import { carry } from "../../../../src/protocols/translate/carried.ts";
import { TO_GEMINI } from "../../../../src/protocols/translate/to-gemini/half.ts";
import {
  assistant,
  bodyOf,
  call,
  contentsOf,
  GEMINI_2_5,
  GEMINI_3,
  hubRequest,
  result,
  signed,
  system,
  upstreamOf,
  user,
} from "./ask.ts";

const PNG = { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBO" } } as const;
const PDF = { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBE" } } as const;

function refused(content: Parameters<typeof user>, upstream = GEMINI_3) {
  const written = TO_GEMINI.write(hubRequest({ messages: [user("a"), user(...content)] }), upstream);
  return written.ok ? null : written.refusal;
}

describe("turns", () => {
  test("instructions are systemInstruction, and those that lead the conversation are among them", () => {
    const body = bodyOf({
      system: [{ type: "text", text: "Be brief." }],
      messages: [system("Be kind."), user("hello")],
    });
    expect(body.systemInstruction).toEqual({ parts: [{ text: "Be brief." }, { text: "Be kind." }] });
    expect(body.contents).toEqual([{ role: "user", parts: [{ text: "hello" }] }]);
  });

  test("neighbours of one role become one turn", () => {
    expect(contentsOf([user("a"), user("b"), assistant("c"), assistant("d"), user("e")])).toEqual([
      { role: "user", parts: [{ text: "a" }, { text: "b" }] },
      { role: "model", parts: [{ text: "c" }, { text: "d" }] },
      { role: "user", parts: [{ text: "e" }] },
    ]);
  });

  test("instructions in the midst of a conversation are said there by the user, as a reminder", () => {
    expect(contentsOf([user("a"), assistant("b"), system("Stop."), user("c")])).toEqual([
      { role: "user", parts: [{ text: "a" }] },
      { role: "model", parts: [{ text: "b" }] },
      { role: "user", parts: [{ text: "<system-reminder>\nStop.\n</system-reminder>" }, { text: "c" }] },
    ]);
  });

  test("the first turn is the user's, also where the client begins with the assistant's or says nothing", () => {
    expect(contentsOf([assistant("hi")])).toEqual([
      { role: "user", parts: [{ text: " " }] },
      { role: "model", parts: [{ text: "hi" }] },
    ]);
    expect(contentsOf([system("only this")])).toEqual([{ role: "user", parts: [{ text: " " }] }]);
  });

  test("empty texts are left out, and a turn of nothing else with them", () => {
    expect(contentsOf([user("a", ""), assistant(""), user("b")])).toEqual([
      { role: "user", parts: [{ text: "a" }, { text: "b" }] },
    ]);
  });
});

describe("media", () => {
  test("pictures, documents and sound go inline with their types", () => {
    const audio = { type: "audio", source: { type: "base64", media_type: "audio/wav", data: "UklG" } } as const;
    expect(contentsOf([user(PNG, PDF, audio)])).toEqual([
      {
        role: "user",
        parts: [
          { inlineData: { mimeType: "image/png", data: "iVBO" } },
          { inlineData: { mimeType: "application/pdf", data: "JVBE" } },
          { inlineData: { mimeType: "audio/wav", data: "UklG" } },
        ],
      },
    ]);
  });

  test("a document of text is text under its title", () => {
    const source = { type: "text", media_type: "text/plain", data: "body" } as const;
    expect(contentsOf([user({ type: "document", source, title: "Notes" })])).toEqual([
      { role: "user", parts: [{ text: "Notes\n\nbody" }] },
    ]);
  });

  // CLIProxyAPI drops them
  test("a URL is a file for the model to fetch, of the type that its path names", () => {
    const url = (address: string) => ({ type: "image", source: { type: "url", url: address } }) as const;
    expect(contentsOf([user(url("https://x.test/a.PNG?b=c.gif"), url("https://x.test/a"))])).toEqual([
      {
        role: "user",
        parts: [
          { fileData: { mimeType: "image/png", fileUri: "https://x.test/a.PNG?b=c.gif" } },
          { fileData: { fileUri: "https://x.test/a" } },
        ],
      },
    ]);
  });

  test("a URL that nobody would fetch is refused, and the refusal says where it stands", () => {
    const image = { type: "image", source: { type: "url", url: "https://x.test/a.png" } } as const;
    const refusal = { reason: "member_refused", member: "messages.1.content.1" };
    expect(refused(["b", image], upstreamOf("gemini-2.0-flash"))).toMatchObject(refusal);
    expect(refused(["b", image], upstreamOf("gemini-3.8-flash", false))).toMatchObject(refusal);
    const plain = { type: "image", source: { type: "url", url: "http://x.test/a.png" } } as const;
    expect(refused(["b", plain])).toMatchObject(refusal);
  });

  test("files that Google keeps are taken by every service", () => {
    const url = "https://generativelanguage.googleapis.com/v1beta/files/abc";
    const upstream = upstreamOf("own", false);
    expect(contentsOf([user({ type: "document", source: { type: "url", url } })], upstream)).toEqual([
      { role: "user", parts: [{ fileData: { fileUri: url } }] },
    ]);
  });
});

describe("calls and results", () => {
  // claude-proxy and CLIProxyAPI guess it
  test("a result has the name of its call, and the id of both", () => {
    expect(
      contentsOf([user("a"), assistant(call("c1", "look", { at: 1 })), user(result("c1", "seen"))], GEMINI_2_5),
    ).toEqual([
      { role: "user", parts: [{ text: "a" }] },
      { role: "model", parts: [{ functionCall: { id: "c1", name: "look", args: { at: 1 } } }] },
      { role: "user", parts: [{ functionResponse: { id: "c1", name: "look", response: { output: "seen" } } }] },
    ]);
  });

  test("results come first, in the order of the calls, and what the user says behind them", () => {
    const messages = [user("a"), assistant(call("1", "x"), call("2", "y")), user("wait", result("2"), result("1"))];
    expect(contentsOf(messages, GEMINI_2_5)).toMatchObject([
      {},
      {},
      {
        parts: [
          { functionResponse: { id: "1", name: "x" } },
          { functionResponse: { id: "2", name: "y" } },
          { text: "wait" },
        ],
      },
    ]);
  });

  test("a result that is an error is told as one", () => {
    const messages = [user("a"), assistant(call("1")), user(result("1", "no such file", true))];
    expect(contentsOf(messages)).toMatchObject([
      {},
      {},
      { parts: [{ functionResponse: { response: { error: "no such file" } } }] },
    ]);
  });

  // vscode#299295: the counts must match
  test("a call without a result gets one that says so, also at the end of the conversation", () => {
    const unanswered = { error: "No result: the call was not carried out." };
    const midst = [user("a"), assistant(call("1", "x"), call("2", "y")), user(result("1")), user("go on")];
    expect(contentsOf(midst)).toMatchObject([
      {},
      {},
      {
        parts: [
          { functionResponse: { name: "x", response: { output: "done" } } },
          { functionResponse: { name: "y", response: unanswered } },
          { text: "go on" },
        ],
      },
    ]);
    expect(contentsOf([user("a"), assistant(call("1", "x"))])).toMatchObject([
      {},
      {},
      { role: "user", parts: [{ functionResponse: { name: "x", response: unanswered } }] },
    ]);
  });

  test("a result of no call, and a second one of the same, are what the user says", () => {
    expect(contentsOf([user(result("9", "late"))])).toEqual([
      { role: "user", parts: [{ text: "Result of an earlier call:" }, { text: "late" }] },
    ]);
    const twice = [user("a"), assistant(call("1")), user(result("1", "one"), result("1", "two"))];
    expect(contentsOf(twice)).toMatchObject([{}, {}, { parts: [{ functionResponse: {} }, {}, { text: "two" }] }]);
  });

  // new-api gives calls of different turns the same ids
  test("calls of different turns may have one id: each result belongs to the turn before it", () => {
    const messages = [
      user("a"),
      assistant(call("1", "x")),
      user(result("1", "one")),
      assistant(call("1", "y")),
      user(result("1", "two")),
    ];
    expect(contentsOf(messages)).toMatchObject([
      {},
      {},
      { parts: [{ functionResponse: { name: "x", response: { output: "one" } } }] },
      {},
      { parts: [{ functionResponse: { name: "y", response: { output: "two" } } }] },
    ]);
  });

  // maka#5277, zeroclaw#9596, litellm#25476: as JSON in the text it costs tokens and is not seen
  test("a picture in a result is a part of the response for Gemini 3, and a part behind it for models before", () => {
    const messages = [user("a"), assistant(call("1")), user(result("1", [{ type: "text", text: "this" }, PNG, PDF]))];
    const media = [
      { inlineData: { mimeType: "image/png", data: "iVBO" } },
      { inlineData: { mimeType: "application/pdf", data: "JVBE" } },
    ];
    expect(contentsOf(messages)).toMatchObject([
      {},
      {},
      { parts: [{ functionResponse: { response: { output: "this" }, parts: media } }] },
    ]);
    expect(contentsOf(messages, GEMINI_2_5)).toMatchObject([
      {},
      {},
      { parts: [{ functionResponse: { response: { output: "this" } } }, ...media] },
    ]);
  });

  test("a document of text in a result is among its text, and an empty result is an empty output", () => {
    const source = { type: "text", media_type: "text/plain", data: "body" } as const;
    const messages = [
      user("a"),
      assistant(call("1"), call("2")),
      user(
        result("1", [
          { type: "text", text: "see" },
          { type: "document", source },
        ]),
        result("2", []),
      ),
    ];
    expect(contentsOf(messages)).toMatchObject([
      {},
      {},
      {
        parts: [
          { functionResponse: { response: { output: "see\nbody" } } },
          { functionResponse: { response: { output: "" } } },
        ],
      },
    ]);
  });

  test("names that Google does not take are mapped, in calls, results and declarations alike", () => {
    const messages = [user("a"), assistant(call("1", "7-up!")), user(result("1"))];
    const tools = [{ type: "function", name: "7-up!", input_schema: {} }] as const;
    const body = bodyOf({ messages, tools: [...tools] }) as { tools?: unknown; contents?: unknown };
    const name = JSON.stringify(body.tools).match(/"name":"([^"]*)"/)?.[1];
    expect(name).toMatch(/^_7-up__[0-9a-f]{16}$/);
    expect(body.contents).toMatchObject([
      {},
      { parts: [{ functionCall: { name } }] },
      { parts: [{ functionResponse: { name } }] },
    ]);
  });
});

describe("signatures", () => {
  // Antigravity-Manager#172 #3202, opencode#4832, CLIProxyAPI#2360
  test("a call gets back the signature that it came with", () => {
    const messages = [
      user("a"),
      assistant(signed("call", "c2ln", "hm"), call("1"), call("2")),
      user(result("1"), result("2")),
    ];
    expect(contentsOf(messages)).toMatchObject([
      {},
      {
        parts: [
          { text: "hm", thought: true },
          { functionCall: { id: "1" }, thoughtSignature: "c2ln" },
          { functionCall: { id: "2" } },
        ],
      },
      {},
    ]);
  });

  test("a signature that a client has from Google's own endpoint for Chat belongs to a call", () => {
    const thinking = { type: "thinking", thinking: "", signature: carry("gemini", "c2ln") } as const;
    expect(contentsOf([user("a"), assistant(thinking, call("1")), user(result("1"))])).toMatchObject([
      {},
      { parts: [{ functionCall: {}, thoughtSignature: "c2ln" }] },
      {},
    ]);
  });

  test("a client that sorts texts before calls brings each signature to its part", () => {
    const turn = assistant(signed("text", "dGV4dA=="), signed("call", "Y2FsbA=="), "said", call("1"));
    expect(contentsOf([user("a"), turn, user(result("1"))])).toMatchObject([
      {},
      {
        parts: [
          { text: "said", thoughtSignature: "dGV4dA==" },
          { functionCall: { id: "1" }, thoughtSignature: "Y2FsbA==" },
        ],
      },
      {},
    ]);
  });

  test("the signature of an empty last part comes back on one", () => {
    expect(contentsOf([user("a"), assistant("said", signed("text", "ZW5k")), user("b")])).toMatchObject([
      {},
      { parts: [{ text: "said" }, { text: "", thoughtSignature: "ZW5k" }] },
      {},
    ]);
  });

  test("the first call of each step has Google's value for none where there is none, for Gemini 3 alone", () => {
    const messages = [
      user("a"),
      assistant(call("1"), call("2")),
      user(result("1"), result("2")),
      assistant(call("3")),
      user(result("3")),
    ];
    const skipped = { thoughtSignature: "skip_thought_signature_validator" };
    const [, first, , second] = contentsOf(messages) as { parts: object[] }[];
    expect(first?.parts).toEqual([expect.objectContaining(skipped), expect.not.objectContaining(skipped)]);
    expect(second?.parts).toEqual([expect.objectContaining(skipped)]);
    expect(JSON.stringify(contentsOf(messages, GEMINI_2_5))).not.toContain("thoughtSignature");
  });

  test("thinking without a signature of Google's is left out, whoever has signed it", () => {
    const foreign = ["", "EqoBCkYIBxgC", carry("openai", "rs_1"), carry("gemini", "")];
    for (const signature of foreign) {
      const turn = assistant(
        { type: "thinking", thinking: "hm", signature },
        { type: "redacted_thinking", data: "x" },
        "said",
      );
      expect(contentsOf([user("a"), turn, user("b")])).toMatchObject([{}, { parts: [{ text: "said" }] }, {}]);
    }
  });
});
