import { describe, expect, test } from "vitest";
import { conversationOf, refusedFor, text } from "./reading.ts";

const partOf = (part: unknown) => conversationOf([{ role: "user", content: [part] }]).messages[0]?.content[0];
const refusal = (part: unknown) => refusedFor({ messages: [{ role: "user", content: [part] }] });
const base64 = (media_type: string, data = "AAAA") => ({ type: "base64", media_type, data });

describe("a picture", () => {
  test.each([
    ["data:image/png;base64,AAAA", base64("image/png")],
    ["data:image/jpg;base64,AAAA", base64("image/jpeg")],
    ["DATA:image/WebP;charset=x;base64,AAAA", base64("image/webp")],
    ["https://a.example/b.gif", { type: "url", url: "https://a.example/b.gif" }],
  ])("%s", (url, source) => {
    expect(partOf({ type: "image_url", image_url: { url, detail: "auto" } })).toEqual({ type: "image", source });
    expect(partOf({ type: "image_url", image_url: url })).toEqual({ type: "image", source });
  });

  test.each([
    "data:image/tiff;base64,AAAA",
    "data:image/png,AAAA",
    "data:image/png;base64,",
    "file:///etc/passwd",
    `data:${"x".repeat(300)};base64,AAAA`,
    "",
  ])("that no model reads, or that is nowhere, is refused: %s", (url) => {
    expect(refusal({ type: "image_url", image_url: { url } })).toBe("messages.0.content.0.image_url");
  });
});

describe("a file", () => {
  const file = (members: object) => ({ type: "file", file: members });

  test("that is a PDF is a document, by its own word or by its name", () => {
    const document = { type: "document", source: base64("application/pdf"), title: "a.pdf" };
    expect(partOf(file({ file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf" }))).toEqual(document);
    expect(partOf(file({ file_data: "AAAA", filename: "a.pdf" }))).toEqual(document);
  });

  test("may be a text, a picture, or lie at a URL", () => {
    expect(partOf(file({ file_data: `data:text/markdown;base64,${btoa("# hi")}` }))).toEqual({
      type: "document",
      source: { type: "text", media_type: "text/plain", data: "# hi" },
    });
    expect(partOf(file({ file_data: "data:image/png;base64,AAAA" }))).toEqual({
      type: "image",
      source: base64("image/png"),
    });
    expect(partOf(file({ file_data: "https://a.example/b" }))).toEqual({
      type: "document",
      source: { type: "url", url: "https://a.example/b" },
    });
  });

  test("that lies with its provider, or is of a kind that no format has, is refused by its place", () => {
    expect(refusal(file({ file_id: "file-1" }))).toBe("messages.0.content.0.file.file_id");
    expect(refusal(file({}))).toBe("messages.0.content.0.file.file_data");
    expect(refusal(file({ file_data: "data:application/zip;base64,AAAA" }))).toBe(
      "messages.0.content.0.file.file_data",
    );
  });
});

test("sound is told by its format", () => {
  const sound = (format: string) => ({ type: "input_audio", input_audio: { data: "AAAA", format } });
  expect(partOf(sound("mp3"))).toEqual({ type: "audio", source: base64("audio/mpeg") });
  expect(partOf(sound("wav"))).toEqual({ type: "audio", source: base64("audio/wav") });
  expect(refusal(sound("ogg"))).toBe("messages.0.content.0.input_audio");
});

test("a breakpoint of the prompt cache is kept, OpenAI's own and Anthropic's", () => {
  const cached = { ...text("a"), cache_control: { type: "ephemeral" } };
  expect(partOf({ ...text("a"), prompt_cache_breakpoint: { mode: "explicit" } })).toEqual(cached);
  expect(partOf({ ...text("a"), cache_control: { type: "ephemeral", ttl: "5m" } })).toEqual(cached);
  const hour = { type: "ephemeral", ttl: "1h" };
  expect(partOf({ ...text("a"), cache_control: hour })).toEqual({ ...text("a"), cache_control: hour });
});

test("a part without a text to read is left out", () => {
  const content = [text(" "), text("a"), text("")];
  expect(conversationOf([{ role: "user", content }]).messages[0]?.content).toEqual([text("a")]);
});
