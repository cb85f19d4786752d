/**
 * The services that alerts go to, according to their documentation. Each accepts exactly its own form, checks the signature if there is
 * one, answers in its own words, and keeps what arrived.
 */
import { createHmac } from "node:crypto";
import { vi } from "vitest";
import type { ChannelType } from "../../src/alerts/channels.ts";

export interface Arrived {
  type: ChannelType;
  text: string;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test that reads a member of another form fails on it
  body: any;
}

type Json = Arrived["body"];

interface Service {
  /** What an operator enters. */
  config: Record<string, string>;
  /** Whether a request is for this service. */
  isFor(url: URL): boolean;
  /** The words of a request in the service's form; throws if it does not have that form. */
  read(request: Request, url: URL, body: Json, raw: string): string;
  taken(): Response;
  /** The service's answer to a request that it does not accept. */
  refused(why: string): Response;
  /** The service's answer to too many requests. */
  tooMany(): Response;
}

const WEBHOOK_SECRET = `whsec_${Buffer.from("a webhook's secret of 32 bytes..").toString("base64")}`;
const FEISHU_SECRET = "feishu-secret-0123456789";
const DINGTALK_SECRET = "SEC0123456789abcdef";
const BOT_TOKEN = "123456789:AAF0123456789abcdefghijklmnopqrstuv";

function only(body: Json, ...names: string[]): void {
  const others = Object.keys(body).filter((name) => !names.includes(name));
  if (others.length > 0) throw new Error(`unknown members ${others}`);
}

function text(value: Json, most: number): string {
  if (typeof value !== "string" || value === "") throw new Error("a text is missing");
  if (Buffer.byteLength(value) > most) throw new Error("a text is too long");
  return value;
}

function hmac(key: string | Buffer, message: string): string {
  return createHmac("sha256", key).update(message).digest("base64");
}

/** The time of the services' clock, if a test's clock is not the machine's. */
let clock: number | null = null;

export function setClock(now: number): void {
  clock = now;
}

function fresh(ms: number): void {
  if (Math.abs(ms - (clock ?? Date.now())) > 3_600_000) throw new Error("the timestamp is not within one hour");
}

export const SERVICES: Record<Exclude<ChannelType, "email">, Service> = {
  webhook: {
    config: { url: "https://hooks.test/relay?team=1", secret: WEBHOOK_SECRET },
    isFor: ({ host }) => host === "hooks.test",
    read({ headers }, url, body, raw) {
      if (url.search !== "?team=1") throw new Error("the query is gone");
      const signed = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${raw}`;
      const key = Buffer.from(WEBHOOK_SECRET.slice("whsec_".length), "base64");
      if (headers.get("webhook-signature") !== `v1,${hmac(key, signed)}`) throw new Error("the signature is wrong");
      fresh(Number(headers.get("webhook-timestamp")) * 1_000);
      if (headers.get("webhook-id") !== body.id) throw new Error("the ids differ");
      only(body, "id", "type", "subject", "phase", "level", "time", "title", "text", "data", "attempt");
      return text(body.text, 100_000);
    },
    taken: () => new Response(null, { status: 204 }),
    refused: (why) => new Response(why, { status: 400 }),
    tooMany: () => new Response("slow down", { status: 429, headers: { "retry-after": "120" } }),
  },
  slack: {
    config: { url: "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX" },
    isFor: ({ host, pathname }) => host === "hooks.slack.com" && pathname.startsWith("/services/T00000000/"),
    read(_, __, body) {
      only(body, "text", "blocks", "attachments", "unfurl_links", "unfurl_media");
      if (/<(?!!)[^>]*>|<!/.test(body.text)) throw new Error("a mark that nobody meant");
      return text(body.text, 40_000)
        .replace(/^\*(.*)\*$/m, "$1")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&amp;", "&");
    },
    taken: () => new Response("ok"),
    refused: () => new Response("invalid_payload", { status: 400 }),
    tooMany: () => new Response("rate_limited", { status: 429, headers: { "retry-after": "120" } }),
  },
  discord: {
    config: { url: "https://discord.com/api/webhooks/1234567890/abcdefghijklmnopqrstuvwxyz0123456789" },
    isFor: ({ host, pathname }) => host === "discord.com" && pathname.startsWith("/api/webhooks/1234567890/"),
    read(_, __, body) {
      only(body, "content", "embeds", "allowed_mentions", "username");
      if (!Array.isArray(body.allowed_mentions?.parse) || body.allowed_mentions.parse.length > 0)
        throw new Error("mentions");
      const [{ title, description = "", color, timestamp }] = body.embeds;
      if (!Number.isInteger(color) || Number.isNaN(Date.parse(timestamp))) throw new Error("the embed");
      const said = title.length <= 256 && description.length <= 4_096 ? `${title}\n${description}` : "";
      return text(said, 20_000).replace(/\\([\\*_~`|>[\]()])/g, "$1");
    },
    taken: () => new Response(null, { status: 204 }),
    refused: () => Response.json({ message: "Cannot send an empty message", code: 50006 }, { status: 400 }),
    tooMany: () =>
      Response.json({ message: "You are being rate limited.", retry_after: 119.5, global: false }, { status: 429 }),
  },
  telegram: {
    config: { bot_token: BOT_TOKEN, chat_id: "-1001234567890", thread_id: "7" },
    isFor: ({ host, pathname }) => host === "api.telegram.org" && pathname === `/bot${BOT_TOKEN}/sendMessage`,
    read(_, __, body) {
      only(body, "chat_id", "message_thread_id", "text", "parse_mode", "link_preview_options");
      if (body.chat_id !== "-1001234567890" || body.message_thread_id !== 7) throw new Error("chat not found");
      const said = text(body.text, 4_096);
      if (body.parse_mode !== "HTML" || /<(?!\/?b>)/.test(said)) throw new Error("can't parse entities");
      return said
        .replace(/<\/?b>/g, "")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&amp;", "&");
    },
    taken: () => Response.json({ ok: true, result: { message_id: 1 } }),
    refused: (why) =>
      Response.json({ ok: false, error_code: 400, description: `Bad Request: ${why}` }, { status: 400 }),
    tooMany: () =>
      Response.json(
        {
          ok: false,
          error_code: 429,
          description: "Too Many Requests: retry after 120",
          parameters: { retry_after: 120 },
        },
        { status: 429 },
      ),
  },
  feishu: {
    config: { url: "https://open.feishu.cn/open-apis/bot/v2/hook/0123-4567", secret: FEISHU_SECRET },
    isFor: ({ host, pathname }) => host === "open.feishu.cn" && pathname === "/open-apis/bot/v2/hook/0123-4567",
    read(_, __, body, raw) {
      only(body, "timestamp", "sign", "msg_type", "content");
      fresh(Number(body.timestamp) * 1_000);
      if (!/^\d{10}$/.test(body.timestamp) || body.sign !== hmac(`${body.timestamp}\n${FEISHU_SECRET}`, ""))
        throw new Error("sign");
      if (body.msg_type !== "post") throw new Error("the type");
      // A text element of a post also accepts the inline form of a mention (larksuite-cli, "@Mention Format").
      if (/<\/?at\b/i.test(raw)) throw new Error("a mention that nobody meant");
      const { title, content } = body.content.post.zh_cn;
      const lines = content.map((line: Json) =>
        line.map((part: Json) => (part.tag === "text" ? part.text : "?")).join(""),
      );
      return text([title, ...lines].join("\n"), 20_000);
    },
    taken: () => Response.json({ code: 0, msg: "success", data: {}, StatusCode: 0, StatusMessage: "success" }),
    refused: () =>
      Response.json({ code: 19021, msg: "sign match fail or timestamp is not within one hour from current time" }),
    tooMany: () => Response.json({ code: 11232, msg: "create message trigger rate limit" }),
  },
  dingtalk: {
    config: { url: "https://oapi.dingtalk.com/robot/send?access_token=abcdef0123456789", secret: DINGTALK_SECRET },
    isFor: ({ host, pathname }) => host === "oapi.dingtalk.com" && pathname === "/robot/send",
    read(_, { searchParams }, body) {
      only(body, "msgtype", "text");
      const timestamp = searchParams.get("timestamp") ?? "";
      fresh(Number(timestamp));
      if (searchParams.get("access_token") !== "abcdef0123456789") throw new Error("token is not exist");
      if (searchParams.get("sign") !== hmac(DINGTALK_SECRET, `${timestamp}\n${DINGTALK_SECRET}`))
        throw new Error("sign not match");
      if (body.msgtype !== "text") throw new Error("the type");
      return text(body.text.content, 20_000);
    },
    taken: () => Response.json({ errcode: 0, errmsg: "ok" }),
    refused: () => Response.json({ errcode: 310000, errmsg: "sign not match" }),
    tooMany: () => Response.json({ errcode: 130101, errmsg: "send too fast" }),
  },
  wecom: {
    config: { url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa" },
    isFor: ({ host, pathname }) => host === "qyapi.weixin.qq.com" && pathname === "/cgi-bin/webhook/send",
    read(_, { searchParams }, body) {
      only(body, "msgtype", "text");
      if (searchParams.get("key") !== "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa" || body.msgtype !== "text")
        throw new Error("key");
      // `<@userid>` mentions somebody.
      if (body.text.content.includes("<@")) throw new Error("a mention that nobody meant");
      return text(body.text.content, 2_048);
    },
    taken: () => Response.json({ errcode: 0, errmsg: "ok" }),
    refused: () => Response.json({ errcode: 93000, errmsg: "invalid webhook url" }),
    tooMany: () => Response.json({ errcode: 45009, errmsg: "api freq out of limit" }),
  },
  bark: {
    config: { device_key: "nysrshcqielvoxsa" },
    isFor: ({ host, pathname }) => host === "api.day.app" && pathname === "/push",
    read(_, __, body) {
      only(body, "device_key", "title", "body", "group", "level", "url", "sound", "icon");
      if (body.device_key !== "nysrshcqielvoxsa") throw new Error("failed to get device token");
      if (!["critical", "active", "timeSensitive", "passive"].includes(body.level)) throw new Error("level");
      return `${text(body.title, 1_000)}\n${text(body.body, 3_000)}`;
    },
    taken: () => Response.json({ code: 200, message: "success", timestamp: 1 }),
    refused: (why) => Response.json({ code: 400, message: why, timestamp: 1 }, { status: 400 }),
    tooMany: () => Response.json({ code: 429, message: "Too Many Requests", timestamp: 1 }, { status: 429 }),
  },
  ntfy: {
    config: { topic: "relay-alerts", token: "tk_0123456789" },
    isFor: ({ host, pathname }) => host === "ntfy.sh" && pathname === "/",
    read({ headers }, _, body) {
      only(body, "topic", "title", "message", "priority", "tags", "click");
      if (headers.get("authorization") !== "Bearer tk_0123456789" || body.topic !== "relay-alerts")
        throw new Error("forbidden");
      if (!(body.priority >= 1 && body.priority <= 5) || !Array.isArray(body.tags)) throw new Error("priority");
      return `${text(body.title, 1_000)}\n${text(body.message, 4_096)}`;
    },
    taken: () => Response.json({ id: "sPs71M8A2T", time: 1, event: "message", topic: "relay-alerts" }),
    refused: (why) =>
      Response.json({ code: 40001, http: 400, error: why, link: "https://ntfy.sh/docs" }, { status: 400 }),
    tooMany: () =>
      Response.json({ code: 42901, http: 429, error: "limit reached: too many requests" }, { status: 429 }),
  },
};

export type HttpChannel = keyof typeof SERVICES;
export const HTTP_CHANNELS = Object.keys(SERVICES) as HttpChannel[];

export interface Served {
  arrived: Arrived[];
  /** Requests that are for none of the services. */
  strays: string[];
  /** If set, answers the next requests instead of accepting them; `null`: they are accepted. */
  answer: ((service: Service) => Response | Promise<Response>) | null;
}

/** From now on the services answer. Any other request gets what `elsewhere` returns. */
export function serve(
  elsewhere: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 502 }),
): Served {
  const served: Served = { arrived: [], strays: [], answer: null };
  clock = null;
  vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const found = HTTP_CHANNELS.find((type) => SERVICES[type].isFor(url));
    if (!found) {
      served.strays.push(request.url);
      return elsewhere(request);
    }
    const service = SERVICES[found];
    if (request.method !== "POST" || !request.headers.get("content-type")?.startsWith("application/json")) {
      return service.refused("not JSON");
    }
    const raw = await request.text();
    try {
      const body = JSON.parse(raw);
      const words = service.read(request, url, body, raw);
      if (served.answer) return await served.answer(service);
      served.arrived.push({ type: found, text: words, headers: request.headers, body });
      return service.taken();
    } catch (error) {
      return service.refused(String(error));
    }
  });
  return served;
}
