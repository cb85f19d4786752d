/** Each channel: its service's exact form, its way to say no, and nothing that is secret coming back. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CHANNEL_TYPES, channelOf } from "../../src/alerts/channels.ts";
import { testMessage } from "../../src/alerts/message.ts";
import { send } from "../../src/alerts/send.ts";
import { asAdmin, signIn } from "../admin/client.ts";
import { HTTP_CHANNELS, SERVICES, serve } from "./services.ts";

const SPEECH = { language: "en", offsetHours: 0 } as const;
const message = (name = "ops") => testMessage(name, "alr_0123456789abcdef0123456789abcdef", SPEECH, Date.now());
const presets = (type: (typeof CHANNEL_TYPES)[number]) =>
  Object.fromEntries(channelOf(type).fields.flatMap(({ name, preset }) => (preset ? [[name, preset]] : [])));
const configOf = (type: (typeof HTTP_CHANNELS)[number]) => ({ ...presets(type), ...SERVICES[type].config });
const sendTo = (type: (typeof HTTP_CHANNELS)[number], name?: string) =>
  send(env, channelOf(type), configOf(type), message(name), Date.now());

beforeAll(signIn);
afterEach(() => vi.unstubAllGlobals());

it("are the ten that are promised", () => {
  expect(CHANNEL_TYPES).toEqual([...HTTP_CHANNELS, "email"]);
  expect(CHANNEL_TYPES).toHaveLength(10);
});

describe.each(HTTP_CHANNELS)("%s", (type) => {
  it("gets a message in its own form", async () => {
    const served = serve();
    expect(await sendTo(type)).toEqual({ ok: true, unclear: false });
    expect(served.arrived.map((one) => [one.type, one.text])).toEqual([
      [type, "A test of Edge Relay's alerts\nThe channel ops works. Nothing is wrong."],
    ]);
    expect(served.strays).toEqual([]);
  });

  it("takes a name that looks like a mention, a link or a tag by the letter", async () => {
    const served = serve();
    const name = '<!channel> @everyone <at user_id="all"></at> <@all> [x](https://evil.test) <b>&amp; *bold*';
    expect(await sendTo(type, name)).toMatchObject({ ok: true });
    // A mark that is broken up by what nobody sees.
    expect(served.arrived[0]?.text.replaceAll("\u2060", "")).toContain(`The channel ${name} works.`);
  });

  it("gets no more than it takes of a text", async () => {
    serve();
    const long = { ...message(), title: "长".repeat(80), lines: Array.from({ length: 12 }, () => "很".repeat(160)) };
    expect(await send(env, channelOf(type), configOf(type), long, Date.now())).toMatchObject({ ok: true });
  });

  it("says no for good in its own words", async () => {
    const served = serve();
    served.answer = (service) => service.refused("no such place");
    const outcome = await sendTo(type);
    expect(outcome).toMatchObject({ ok: false, again: false, unclear: false });
    expect(outcome).toHaveProperty("why", expect.stringMatching(/^\d{3,6}: \w/));
  });

  it("says that it is too much, and is asked again later", async () => {
    const served = serve();
    served.answer = (service) => service.tooMany();
    expect(await sendTo(type)).toMatchObject({ ok: false, again: true });
  });

  it("is asked again where a page stands in its place, and where nothing answers", async () => {
    const served = serve();
    served.answer = () =>
      new Response("<html>gateway</html>", { status: 502, headers: { "content-type": "text/html" } });
    expect(await sendTo(type)).toMatchObject({ ok: false, again: true, unclear: false, why: "502" });
    served.answer = () => Promise.reject(new TypeError("connection lost"));
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("connection lost")));
    expect(await sendTo(type)).toMatchObject({ ok: false, again: true, unclear: true });
  });

  it("does not repeat the half of a secret either, where it is cut", async () => {
    const config = configOf(type);
    for (const field of channelOf(type).fields.filter(({ secret }) => secret)) {
      const secret = config[field.name] ?? "";
      const own = field.kind === "address" ? secret.slice(-16) : secret;
      for (let before = 180; before < 200; before += 4) {
        const why = `${"x".repeat(before - own.length / 2)}${secret}`;
        const said = { message: why, error: why, description: why, msg: why, errmsg: why, error_code: 400 };
        const codes = { code: 19021, errcode: 310000, ok: false };
        vi.stubGlobal("fetch", async () => Response.json({ ...said, ...codes }, { status: 400 }));
        expect(JSON.stringify(await sendTo(type))).not.toContain(secret.slice(0, 6));
      }
    }
  });

  it("does not repeat what is secret in what it says", async () => {
    const config = configOf(type);
    vi.stubGlobal(
      "fetch",
      async () => new Response(`bad ${Object.values(config).join(" ")}`.slice(0, 200), { status: 404 }),
    );
    const outcome = await sendTo(type);
    for (const field of channelOf(type).fields) {
      if (field.secret && config[field.name]) expect(JSON.stringify(outcome)).not.toContain(config[field.name]);
    }
  });

  it("is made and tried through the API, which shows no secret of it", async () => {
    const served = serve();
    const { config } = SERVICES[type];
    const made = await asAdmin("POST", "/admin/alerts/channels", { name: `my ${type}`, type, config });
    expect(made).toMatchObject({ status: 201, body: { name: `my ${type}`, type, enabled: true, waiting: 0 } });
    const tried = await asAdmin("POST", `/admin/alerts/channels/${made.body.id}/test`);
    expect(tried).toMatchObject({ status: 200, body: { sent: true, reason: null } });
    const unsaved = await asAdmin("POST", "/admin/alerts/test", { type, config });
    expect(unsaved.body).toEqual({ sent: true, reason: null });
    expect(served.arrived).toHaveLength(2);
    const shown = JSON.stringify([
      made.body,
      (await asAdmin("GET", "/admin/alerts/channels")).body,
      (await env.DB.prepare("SELECT * FROM audit").all()).results,
      (await env.DB.prepare("SELECT * FROM alert_channels").all()).results,
    ]);
    for (const { name, secret } of channelOf(type).fields) if (secret) expect(shown).not.toContain(config[name] ?? "—");
    served.answer = (service) => service.refused("gone");
    const refused = await asAdmin("POST", `/admin/alerts/channels/${made.body.id}/test`);
    expect(refused.body).toMatchObject({ sent: false, reason: expect.stringMatching(/\d{3}/) });
  });
});

describe("waits", () => {
  it.each([
    ["webhook", 120_000],
    ["slack", 120_000],
    ["discord", 119_500],
    ["telegram", 120_000],
    ["feishu", 60_000],
    ["dingtalk", 600_000],
    ["wecom", 60_000],
    ["bark", null],
    ["ntfy", null],
  ] as const)("%s is left alone for as long as it says", async (type, afterMs) => {
    const served = serve();
    served.answer = (service) => service.tooMany();
    expect(await sendTo(type)).toMatchObject({ again: true, afterMs });
  });
});

describe("e-mail", () => {
  const config = { from: "relay@example.com", to: "ops@example.com" };
  const sendWith = (bindings: object) =>
    send({ ...env, ...bindings }, channelOf("email"), config, message(), Date.now());

  it("goes through the binding, where there is one", async () => {
    const letters: unknown[] = [];
    const binding = { send: async (letter: unknown) => void letters.push(letter) };
    expect(await sendWith({ ALERT_EMAIL: binding })).toMatchObject({ ok: true });
    expect(letters).toEqual([
      {
        from: "relay@example.com",
        to: "ops@example.com",
        subject: "A test of Edge Relay's alerts",
        text: "A test of Edge Relay's alerts\nThe channel ops works. Nothing is wrong.",
      },
    ]);
  });

  it("that hangs is waited for as long as any channel, and tried again", async () => {
    const hanging = { send: () => new Promise<never>(() => undefined) };
    expect(await sendWith({ ALERT_EMAIL: hanging })).toMatchObject({ ok: false, again: true, unclear: true });
  }, 30_000);

  it("says that there is none, and that an address is not verified, for good", async () => {
    expect(await sendWith({})).toMatchObject({ ok: false, again: false, why: "the Worker has no binding ALERT_EMAIL" });
    const refusing = { send: () => Promise.reject(new Error("destination address is not a verified address")) };
    expect(await sendWith({ ALERT_EMAIL: refusing })).toMatchObject({ ok: false, again: false });
  });
});

describe("an address", () => {
  const make = (type: string, config: object, bindings: Partial<Env> = { ALLOW_PRIVATE_UPSTREAMS: "0" }) =>
    asAdmin("POST", "/admin/alerts/channels", { name: "x", type, config }, bindings);

  it.each([
    ["plain http", "webhook", { url: "http://hooks.test/x", secret: "s".repeat(16) }, "config.url"],
    [
      "a metadata service",
      "webhook",
      { url: "https://169.254.169.254/latest?a=1", secret: "s".repeat(16) },
      "config.url",
    ],
    ["loopback behind a query", "dingtalk", { url: "https://127.0.0.1/robot/send?access_token=1" }, "config.url"],
    ["a name and a password", "slack", { url: "https://a:b@hooks.slack.com/services/x" }, "config.url"],
    ["a query where none belongs", "slack", { url: "https://hooks.slack.com/services/x?y=1" }, "config.url"],
    ["a fragment", "webhook", { url: "https://hooks.test/x?a=1#b", secret: "s".repeat(16) }, "config.url"],
    ["a private server", "ntfy", { topic: "t", server: "https://10.0.0.8" }, "config.server"],
    ["a short secret", "webhook", { url: "https://hooks.test/x", secret: "short" }, "config.secret"],
    ["no token", "telegram", { chat_id: "1" }, "config.bot_token"],
    [
      "a chat that is none",
      "telegram",
      { bot_token: SERVICES.telegram.config.bot_token, chat_id: "a b" },
      "config.chat_id",
    ],
    ["a field of another type", "slack", { url: "https://hooks.slack.com/services/x", secret: "x" }, "config.secret"],
    ["a letter to nobody", "email", { from: "a@example.com", to: "nobody" }, "config.to"],
    ["two letters in one", "email", { from: "a@example.com", to: "a@b.test\r\nBcc: c@d.test" }, "config.to"],
  ])("is refused: %s", async (_, type, config, field) => {
    const { status, body } = await make(type, config);
    expect([status, body.error.details?.map((detail) => detail.field)]).toEqual([400, [field]]);
  });
});
