import { describe, expect, test } from "vitest";
import { carry } from "../../../../src/protocols/translate/carried.ts";
import type { HubBlock, HubMessage } from "../../../../src/protocols/translate/hub.ts";
import { TO_CHAT } from "../../../../src/protocols/translate/to-chat/half.ts";
import { ASKS, body, hub, loop, messages, READ, upstream, written } from "./written.ts";

const text = (words: string): HubBlock => ({ type: "text", text: words });
const user = (...content: HubBlock[]): HubMessage => ({ role: "user", content });
const assistant = (...content: HubBlock[]): HubMessage => ({ role: "assistant", content });
const picture: HubBlock = { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } };
const pdf: HubBlock = {
  type: "document",
  source: { type: "base64", media_type: "application/pdf", data: "JVBE" },
  title: "a.pdf",
};
const HI = { role: "user", content: "Hi" };
const PICTURE = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };

describe("instructions", () => {
  test("are the first message, their blocks joined by an empty line", () => {
    const system = [text("Be brief."), text("Be kind.")].filter((block) => block.type === "text");
    expect(body({ system }).messages).toEqual([{ role: "system", content: "Be brief.\n\nBe kind." }, HI]);
    expect(body({ system }, { instructions: "developer" }).messages).toMatchObject([{ role: "developer" }, {}]);
  });

  test("in the middle stay where they are, or are told to the user's side where a service refuses that", () => {
    const list: HubMessage[] = [ASKS, { role: "system", content: [text("Now!")] }, assistant(text("Yes"))];
    expect(messages(list)).toEqual([HI, { role: "system", content: "Now!" }, { role: "assistant", content: "Yes" }]);
    expect(messages(list, { systemAnywhere: false })).toEqual([
      HI,
      { role: "user", content: "<system-reminder>\nNow!\n</system-reminder>" },
      { role: "assistant", content: "Yes" },
    ]);
  });
});

describe("what a user says", () => {
  // new-api#5982: strict services refuse lists of parts and extra members.
  test("is a plain string where it is only text, without marks of a cache", () => {
    const marked: HubBlock = { type: "text", text: "a", cache_control: { type: "ephemeral" } };
    expect(messages([user(marked, text("b"), text(""))])).toEqual([{ role: "user", content: "a\nb" }]);
  });

  test("keeps the marks of a cache where the service knows them", () => {
    const marked: HubBlock = { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } };
    expect(messages([user(marked, text("b"))], { cacheControl: true })).toEqual([
      { role: "user", content: [{ ...marked }, { type: "text", text: "b" }] },
    ]);
  });

  test("is one message where it came in several", () => {
    expect(messages([user(text("a")), user(text("b"))])).toEqual([{ role: "user", content: "a\nb" }]);
  });

  test("has pictures by their bytes and by their URL", () => {
    const linked: HubBlock = { type: "image", source: { type: "url", url: "https://pictures.example/a.png" } };
    expect(messages([user(text("See"), picture, linked)])).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "See" },
          PICTURE,
          { type: "image_url", image_url: { url: "https://pictures.example/a.png" } },
        ],
      },
    ]);
    const refused = TO_CHAT.write(hub({ messages: [user(linked)] }), upstream({ imageUrls: false }));
    expect(refused).toMatchObject({ ok: false, refusal: { reason: "member_refused", member: "messages" } });
  });

  test("has documents as files where there are such, and is refused with one that is lost else", () => {
    expect(messages([user(pdf)], { files: true })).toEqual([
      {
        role: "user",
        content: [{ type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" } }],
      },
    ]);
    expect(TO_CHAT.write(hub({ messages: [user(pdf)] }), upstream())).toMatchObject({ ok: false });
  });

  test("has documents of text as text everywhere", () => {
    const plain: HubBlock = {
      type: "document",
      source: { type: "text", media_type: "text/plain", data: "x" },
      title: "T",
    };
    const encoded: HubBlock = {
      type: "document",
      source: { type: "base64", media_type: "text/markdown", data: Buffer.from("é").toString("base64") },
    };
    expect(messages([user(plain, encoded)])).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "T\n\nx" },
          { type: "text", text: "é" },
        ],
      },
    ]);
  });

  test("has sound in the two forms that Chat has", () => {
    const sound = (media_type: string): HubBlock => ({
      type: "audio",
      source: { type: "base64", media_type, data: "UklG" },
    });
    expect(messages([user(sound("audio/mpeg"))])).toEqual([
      { role: "user", content: [{ type: "input_audio", input_audio: { data: "UklG", format: "mp3" } }] },
    ]);
    expect(TO_CHAT.write(hub({ messages: [user(sound("constructor"))] }), upstream())).toMatchObject({ ok: false });
  });
});

describe("an assistant's turn", () => {
  // free-claude-code#206; new-api and Portkey lose the text.
  test("has its text and its calls in one message, in whatever order they came", () => {
    const call: HubBlock = { type: "tool_use", id: "call_1", name: "Read", input: { path: "a" } };
    const written = messages([ASKS, assistant(text("First."), call, text("Then.")), ...loop().slice(2)]);
    expect(written).toEqual([
      HI,
      {
        role: "assistant",
        content: "First.\n\nThen.",
        tool_calls: [{ id: "call_1", type: "function", function: { name: "Read", arguments: '{"path":"a"}' } }],
      },
      { role: "tool", tool_call_id: "call_1", content: "hi" },
    ]);
  });

  test("has null for content where there are only calls", () => {
    expect(messages(loop())).toMatchObject([{}, { content: null, tool_calls: [{}] }, {}]);
  });

  test("is one message where its calls came in two, so that the results stand behind both", () => {
    const [ask, first = ASKS, one = ASKS] = loop("a", "1");
    const [, second = ASKS, two = ASKS] = loop("b", "2");
    const list = [ask ?? ASKS, first, second, { role: "user" as const, content: [...one.content, ...two.content] }];
    expect(messages(list)).toMatchObject([
      {},
      { tool_calls: [{ id: "a" }, { id: "b" }] },
      { role: "tool", tool_call_id: "a" },
      { role: "tool", tool_call_id: "b" },
    ]);
  });

  test("keeps pieces of one text together, as citations part them", () => {
    expect(messages([ASKS, assistant(text("It is"), text(" four."))])).toMatchObject([{}, { content: "It is four." }]);
  });

  test("of nothing that can be told is left out, and searches of a provider are named", () => {
    const redacted: HubBlock = { type: "redacted_thinking", data: "x" };
    const found: HubBlock = { type: "web_search_tool_result", tool_use_id: "s", content: [] };
    const { body, dropped } = written({ messages: [ASKS, assistant(redacted), user(text("Again"))] });
    expect(body.messages).toEqual([HI, { role: "user", content: "Again" }]);
    expect(dropped).toEqual([]);
    expect(written({ messages: [ASKS, assistant(found, text("a"))] }).dropped).toEqual(["web_search_tool_result"]);
  });

  test("has ids of at most 40 characters, the same for a call and its result", () => {
    const id = `toolu_${"x".repeat(60)}`;
    const [, called, told] = messages(loop(id)) as { tool_calls: { id: string }[]; tool_call_id: string }[];
    expect(called?.tool_calls[0]?.id).toMatch(/^toolu_x+_[0-9a-f]{16}$/);
    expect(called?.tool_calls[0]?.id).toHaveLength(40);
    expect(told?.tool_call_id).toBe(called?.tool_calls[0]?.id);
    // Kimi's own form of an id.
    expect(messages(loop("functions.Read:0"))).toMatchObject([{}, { tool_calls: [{ id: "functions.Read:0" }] }, {}]);
  });

  test("has ids of nine letters and digits for Mistral", () => {
    const quirks = { shortCallIds: true };
    const [, called, told] = messages(loop("toolu_01abc"), quirks) as {
      tool_calls: { id: string }[];
      tool_call_id: string;
    }[];
    expect(called?.tool_calls[0]?.id).toMatch(/^[A-Za-z0-9]{9}$/);
    expect(told?.tool_call_id).toBe(called?.tool_calls[0]?.id);
    expect(messages(loop("abcDEF123"), quirks)).toMatchObject([{}, { tool_calls: [{ id: "abcDEF123" }] }, {}]);
  });
});

describe("results of tools", () => {
  const results = (content: HubBlock[], is_error = false): HubMessage[] => {
    const result = { type: "tool_result" as const, tool_use_id: "call_1", is_error };
    const inner = content.filter(
      (block) => block.type === "text" || block.type === "image" || block.type === "document",
    );
    return [...loop().slice(0, 2), user(text("Before"), { ...result, content: inner }, text("After"))];
  };

  test("stand directly behind the turn that called them, before what the user says with them", () => {
    expect(messages(results([text("a"), text("b")]))).toMatchObject([
      {},
      {},
      { role: "tool", tool_call_id: "call_1", content: "a\nb" },
      { role: "user", content: "Before\nAfter" },
    ]);
  });

  test("are there also where they are empty, and say that they are errors", () => {
    expect(messages(results([]))).toMatchObject([{}, {}, { role: "tool", content: "" }, {}]);
    expect(messages(results([text("no such file")], true))).toMatchObject([
      {},
      {},
      { content: "Error: no such file" },
      {},
    ]);
    expect(messages(results([], true))).toMatchObject([{}, {}, { content: "Error" }, {}]);
  });

  // litellm#25476, maka#5277, zeroclaw#9596, MTPLX#441: as JSON a picture is only many tokens.
  test("have their pictures in the message behind them", () => {
    expect(messages(results([text("See"), picture]))).toMatchObject([
      {},
      {},
      { role: "tool", content: "See\n[The image is in the next message.]" },
      {
        role: "user",
        content: [{ text: "The image of the result of call_1:" }, PICTURE, { text: "Before" }, { text: "After" }],
      },
    ]);
  });

  test("have their pictures among their own parts where a service takes that", () => {
    expect(messages(results([text("See"), picture]), { imagesInToolResults: true })).toMatchObject([
      {},
      {},
      { role: "tool", content: [{ type: "text", text: "See" }, PICTURE] },
      { role: "user", content: "Before\nAfter" },
    ]);
  });

  test("say where a document is missing", () => {
    const { body, dropped } = written({ messages: results([pdf]) });
    expect(body.messages).toMatchObject([{}, {}, { content: "[A document that this model cannot be given.]" }, {}]);
    expect(dropped).toEqual(["tool_result.content[document]"]);
  });

  test("take in what the user says behind them where no message may follow", () => {
    expect(messages(results([text("a")]), { userAfterTool: false })).toMatchObject([
      {},
      {},
      { role: "tool", content: "a\n\nBefore\n\nAfter" },
    ]);
    const parts = messages(results([picture]), { userAfterTool: false, imagesInToolResults: true });
    expect(parts).toMatchObject([{}, {}, { role: "tool", content: [PICTURE, { text: "Before" }, { text: "After" }] }]);
  });
});

describe("thinking of earlier turns", () => {
  const thought: HubBlock = { type: "thinking", thinking: "Hm.", signature: "sig" };
  const turn = (block: HubBlock): HubMessage[] => {
    const [ask = ASKS, called = ASKS, ...rest] = loop();
    return [ask, { role: "assistant", content: [block, ...called.content] }, ...rest];
  };

  test("is left out where nothing is known of the service", () => {
    expect(messages(turn(thought))).not.toMatchObject([{}, { reasoning_content: "Hm." }, {}]);
  });

  test.each(["reasoning_content", "reasoning"] as const)(
    "goes back as %s where it is wanted so",
    (reasoningHistory) => {
      expect(messages(turn(thought), { reasoningHistory })).toMatchObject([{}, { [reasoningHistory]: "Hm." }, {}]);
    },
  );

  test("goes back among the parts to Mistral", () => {
    expect(messages(turn(thought), { reasoningHistory: "parts" })).toMatchObject([
      {},
      { content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] },
      {},
    ]);
  });

  // experiential#890, pi#3835.
  test("is there on every message of the assistant for DeepSeek, an empty text at least, where there are tools", () => {
    const quirks = { reasoningHistory: "reasoning_content", reasoningRequired: true } as const;
    const list = [...turn(thought), assistant(text("Done")), user(text("And?"))];
    expect(messages(list, quirks, { tools: [READ] })).toMatchObject([
      {},
      { reasoning_content: "Hm." },
      {},
      { content: "Done", reasoning_content: "" },
      {},
    ]);
    const without = messages(list, quirks) as object[];
    expect(without[3]).toEqual({ role: "assistant", content: "Done" });
    const off = { ...quirks, thinkingControl: "thinking" as const };
    const disabled = messages(list, off, { tools: [READ], thinking: { type: "disabled" } }) as object[];
    expect(disabled[3]).toEqual({ role: "assistant", content: "Done" });
  });

  test("that OpenRouter's providers have signed goes back as it came, and nobody else's signature with it", () => {
    const details = [{ type: "reasoning.text", text: 0, signature: "abc", format: "anthropic-claude-v1", index: 0 }];
    const own: HubBlock = { type: "thinking", thinking: "Hm.", signature: carry("chat", JSON.stringify(details)) };
    const quirks = { reasoningHistory: "signed_details" } as const;
    expect(messages(turn(own), quirks)).toMatchObject([
      {},
      { reasoning_details: [{ ...details[0], text: "Hm." }] },
      {},
    ]);
    const [, foreign] = messages(turn(thought), quirks) as object[];
    expect(foreign).toMatchObject({ reasoning: "Hm." });
    expect(JSON.stringify(foreign)).not.toContain("sig");
    expect(messages(turn(thought), { reasoningHistory: "reasoning_details" })).toMatchObject([
      {},
      { reasoning_details: [{ type: "reasoning.text", text: "Hm." }] },
      {},
    ]);
  });
});
