/** Of a multipart form the relay reads what the upstream reads: what two parsers could read differently is refused. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import * as chat from "./chat.ts";
import { FakeUpstream } from "./fake-upstream.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const openai = new FakeUpstream();
let key: { api_key: string };

beforeAll(async () => {
  await relay.start();
  const base_url = `${await openai.start()}/v1`;
  const account = { name: "openai", platform: "openai", kind: "api-key", base_url, api_key: "sk-x" };
  await relay.admin("POST", "/admin/accounts", account);
  key = await relay.makeKey({ denied_models: ["gpt-5*"] });
});
afterAll(async () => {
  await openai.stop();
  await relay.stop();
});

beforeEach(() => openai.behave({ headers: { "content-type": "application/json" }, chunks: [chat.wholeChat("ok")] }));

const received = () => [...relay.upstream.received, ...openai.received];

const post = (path: string, body: string, headers: Record<string, string>) =>
  relay.fetch(path, { method: "POST", headers: { "x-api-key": key.api_key, ...headers }, body });

const PATH = "/v1/audio/transcriptions";
const part = (head: string, value: string) => `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
const end = "--b--\r\n";
const model = (value: string) => part('name="model"', value);
const send = (body: string, type = "multipart/form-data; boundary=b") => post(PATH, body, { "content-type": type });

test("the model's field, wherever it stands and whatever other fields hold", async () => {
  const bodies = [
    model("whisper-1") + part('name="prompt"', "anything") + end,
    part('name="prompt"', "gpt-5") + model("whisper-1") + end,
    part('name="file"; filename="a b.mp3"\r\nContent-Type: audio/mpeg', '\r\nname="model"\r\n\r\ngpt-5\r\n') +
      model("whisper-1") +
      end,
    part('name="prompt"', 'Content-Disposition: form-data; name="model"\r\n\r\ngpt-5') + model("whisper-1") + end,
  ];
  for (const body of bodies) {
    expect((await send(body)).status).toBe(200);
    expect(openai.received.at(-1)?.body.toString()).toBe(body);
  }
  const form = new FormData();
  form.append("file", new File([new Uint8Array(1_000)], "speech.wav"));
  form.append("model", "gpt-5-transcribe");
  const denied = await relay.fetch(PATH, { method: "POST", headers: { "x-api-key": key.api_key }, body: form });
  expect(denied.status).toBe(404);
});

test.each([
  ["two models", model("whisper-1") + model("gpt-5") + end],
  ["a model in capitals", model("whisper-1") + part('name="Model"', "gpt-5") + end],
  ["a list of models", model("whisper-1") + part('name="model[]"', "gpt-5") + end],
  ["a model as a file", part('name="model"; filename="x"', "gpt-5") + end],
  ["two names", part('name="model"; name="prompt"', "whisper-1") + end],
  ["an extended name", part(`name="prompt"; name*=utf-8''model`, "gpt-5") + model("whisper-1") + end],
  [
    "two dispositions",
    part('name="prompt"\r\nContent-Disposition: form-data; name="model"', "gpt-5") + model("whisper-1") + end,
  ],
  ["a folded header", part('name="prompt";\r\n name="model"', "gpt-5") + model("whisper-1") + end],
  ["an escaped quote", part('name="prompt\\"; name="model"', "gpt-5") + model("whisper-1") + end],
  [
    "a boundary behind a bare line feed",
    part('name="prompt"', 'x\n--b\nContent-Disposition: form-data; name="model"\n\ngpt-5') + model("whisper-1") + end,
  ],
  ["a boundary inside a value", part('name="prompt"', "x--b\r\n") + model("whisper-1") + end],
  [
    "a longer boundary",
    part('name="prompt"', 'x\r\n--bb\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-5') +
      model("whisper-1") +
      end,
  ],
  ["a preamble", `x\r\n${model("whisper-1")}${end}`],
  ["an epilogue", `${model("whisper-1")}${end}${model("gpt-5")}${end}`],
  ["no end", model("whisper-1")],
  ["an encoded part", part('name="model"\r\nContent-Transfer-Encoding: base64', "Z3B0LTU=") + end],
  ["a model in another charset", part('name="model"\r\nContent-Type: text/plain; charset=utf-16', "whisper-1") + end],
])("%s is a 400", async (_, body) => {
  const response = await send(body);
  expect(response.status).toBe(400);
  expect(received()).toHaveLength(0);
});

test("one boundary goes on, and nothing else of its header", async () => {
  const body = model("whisper-1") + end;
  expect((await send(body, 'Multipart/Form-Data; charset=utf-7; boundary="b"')).status).toBe(200);
  expect(received()[0]?.headers["content-type"]).toBe("multipart/form-data; boundary=b");
  expect((await send(body, "multipart/form-data; boundary=b; boundary=c")).status).toBe(400);
});

test("a form where JSON is served is a 415", async () => {
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  expect((await post("/v1/messages", model("m") + end, headers)).status).toBe(415);
  expect(received()).toHaveLength(0);
});
