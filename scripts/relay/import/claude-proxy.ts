/**
 * `config.json` of claude-proxy and of its successor ccx: lists of channels, one for each format that clients speak. Here there is one
 * pool, and an account says by the models that it names which requests of other formats it serves. Pure.
 */
import * as z from "zod";
import { array, isObject, object } from "../../../src/ground/json.ts";
import { isCredential } from "../../../src/keys/holds-api-key.ts";
import { isOurs } from "../../../src/providers/extra-headers.ts";
import { type AccountBody, type Draft, Drafting, type Notes, nameOf } from "./draft.ts";
import { amount, json, limit, list, pairs, toggle, words } from "./shapes.ts";

export const CLAUDE_PROXY = "claude-proxy";

/** The lists, with the type of upstream that speaks the clients' own format. */
const LISTS = { upstream: "claude", responsesUpstream: "responses", geminiUpstream: "gemini", chatUpstream: "openai" };
const UNSERVED = ["imagesUpstream", "vectorsUpstream"];

export function isClaudeProxy(value: unknown): boolean {
  return (
    isObject(value) &&
    Object.keys(LISTS).some((name) => array(value[name]).some((one) => "serviceType" in (object(one) ?? {})))
  );
}

const channel = z.object({
  ...{ channelUid: words, name: words, description: words, website: words, serviceType: words, baseUrl: words },
  ...{ baseUrls: list, apiKeys: list, modelMapping: pairs, supportedModels: list, customHeaders: pairs },
  ...{ priority: amount, status: words, rateLimitMaxConcurrent: limit, rateLimitRpm: limit },
  ...{ responseHeaderTimeoutMs: limit, streamInactivityTimeoutMs: limit },
  ...{ insecureSkipVerify: toggle, proxyUrl: words, routePrefix: words, disabledApiKeys: json },
});
type Channel = z.output<typeof channel>;

/** How such a channel changes requests and answers. Translation here has its own rules. */
const REWRITES = [
  ...["lowQuality", "injectDummyThoughtSignature", "stripThoughtSignature", "reasoningMapping", "reasoningParamStyle"],
  ...["textVerbosity", "fastMode", "noVision", "noVisionModels", "visionFallbackModel", "historicalImageTurnLimit"],
  ...[
    "compactModel",
    "normalizeNonstandardChatRoles",
    "codexToolCompat",
    "stripImageGenerationTool",
    "stripEmptyTextBlocks",
  ],
  ...[
    "normalizeSystemRoleToTopLevel",
    "passbackReasoningContent",
    "passbackThinkingBlocks",
    "convertImageUrlToB64Json",
  ],
];

export function convertClaudeProxy(config: unknown): Draft {
  const drafting = new Drafting(CLAUDE_PROXY);
  const root = object(config) ?? {};
  const file = drafting.notes("file", "config.json");
  const known = Object.entries(LISTS).filter(([name]) => array(root[name]).length > 0);
  if (known.length > 1) {
    file.changed(
      "lists of channels",
      "they are one pool here; a request of another format is translated where an account names its model",
    );
  }
  for (const name of UNSERVED) {
    if (array(root[name]).length > 0)
      file.leftOut(name, "give the account that serves pictures or embeddings by hand: the format is OpenAI's");
  }
  const strategy = words.parse(root.loadBalance);
  if (strategy && strategy !== "failover") {
    file.leftOut("loadBalance", `set the pool's strategy to ${strategy} in the console, under Settings`);
  }
  file.leftOut("PROXY_ACCESS_KEY", "is not in config.json: import the .env beside it, and clients keep their key");
  for (const [name, native] of known) {
    array(root[name]).forEach((record, at) => {
      const alone = name === "upstream" ? onlyOne(root) : null;
      addChannel(drafting, object(record) ?? {}, { list: name, native, at, isIdle: alone !== null && alone !== at });
    });
  }
  return drafting;
}

/** Before 2.0 one channel was in use, and the others waited until somebody chose them. */
function onlyOne(root: Record<string, unknown>): number | null {
  const isOld =
    array(root.upstream).every((one) => object(one)?.status === undefined) && !("responsesUpstream" in root);
  return isOld ? (amount.parse(root.currentUpstream) ?? null) : null;
}

interface Place {
  list: string;
  native: string;
  at: number;
  isIdle: boolean;
}

function addChannel(
  drafting: Drafting,
  record: Record<string, unknown>,
  { list: listed, native, at, isIdle }: Place,
): void {
  const read = channel.parse(record);
  const urls = [...new Set([...(read.baseUrl ? [read.baseUrl] : []), ...read.baseUrls])];
  const name = nameOf(read.name, urls[0] && URL.canParse(urls[0]) ? new URL(urls[0]).host : `${listed} ${at + 1}`);
  const notes = drafting.notes("account", name);
  const keys = [...new Set(read.apiKeys)];
  if (urls.length === 0 || keys.length === 0) {
    notes.leftOut("", urls.length === 0 ? "has no base URL" : "has no keys");
    return;
  }
  const isIn = name === read.name ? name : `${name} (${listed} ${at + 1})`;
  const common = commonOf(read, notes, at);
  noteRest(record, read, notes);
  if (isIdle) notes.changed("currentUpstream", "was not the channel in use: it is paused here");
  urls.forEach((url, nth) => {
    const place = placeOf(read, url, notes);
    if (!place) return;
    drafting.accounts.push({
      ref: `${listed} ${read.channelUid ?? isIn} ${url}`,
      body: {
        name: nth === 0 ? name : nameOf(`${name.slice(0, 90)} (${nth + 1})`, name),
        ...place,
        ...(keys.length === 1 ? { api_key: keys[0] } : { api_keys: keys }),
        ...common,
        ...(read.serviceType !== native &&
          !common.allowed_models &&
          !common.model_mapping && { allowed_models: ["*"] }),
        ...(isIdle && { schedulable: false }),
      },
    });
  });
}

/** The platform and the address for each type of upstream; null: there is no counterpart here. */
function placeOf(
  { serviceType }: Channel,
  url: string,
  notes: Notes,
): Pick<AccountBody, "platform" | "kind" | "base_url" | "protocols"> | null {
  const isExact = url.endsWith("#");
  const base = url.replace(/#$/, "").replace(/\/+$/, "");
  switch (serviceType) {
    case "claude":
      if (isExact) return notes.leftOut(url, "an address without /v1 before /messages is not asked here");
      return { platform: "anthropic", kind: "api-key", base_url: base };
    case "gemini":
      return { platform: "gemini", kind: "api-key", base_url: base };
    case "openai":
    case "openaiold":
    case "responses":
      return {
        ...{
          platform: "openai",
          kind: "api-key",
          base_url: isExact || /\/v\d+[a-z]*$/.test(base) ? base : `${base}/v1`,
        },
        protocols: [serviceType === "responses" ? "responses" : "chat"],
      };
    default:
      notes.leftOut("", `there is no upstream of the type ${serviceType ?? "that it does not name"} here`);
      return null;
  }
}

function commonOf(read: Channel, notes: Notes, at: number): Partial<AccountBody> {
  const seconds = (ms: number) => Math.min(Math.max(ms / 1_000, 0.1), 3_600);
  const headers = Object.entries(read.customHeaders).filter(
    ([name]) => !isOurs(name.toLowerCase()) && !isCredential(name.toLowerCase()),
  );
  const barred = Object.keys(read.customHeaders).length - headers.length;
  if (barred > 0) notes.leftOut("customHeaders", `${barred} of them are the relay's own, or credentials`);
  const mapping = mappingOf(read, notes);
  const [excluded, allowed] = [
    read.supportedModels.filter((name) => name.startsWith("!")),
    read.supportedModels.filter((name) => !name.startsWith("!")),
  ];
  if (excluded.length > 0) notes.leftOut("supportedModels", `an account cannot exclude models: ${excluded.join(", ")}`);
  return {
    priority: Math.min(Math.max(Math.round(read.priority ?? at), 0), 1_000),
    ...(read.status !== undefined && read.status !== "active" && { schedulable: false }),
    ...(allowed.length > 0 && { allowed_models: [...allowed, ...Object.keys(read.modelMapping)] }),
    ...(mapping && { model_mapping: mapping }),
    ...(headers.length > 0 && { extra_headers: Object.fromEntries(headers) }),
    ...(read.rateLimitMaxConcurrent && { max_concurrency: Math.floor(read.rateLimitMaxConcurrent) }),
    ...(read.responseHeaderTimeoutMs && { first_byte_timeout_seconds: seconds(read.responseHeaderTimeoutMs) }),
    ...(read.streamInactivityTimeoutMs && { idle_timeout_seconds: seconds(read.streamInactivityTimeoutMs) }),
    ...(read.description && { note: read.description }),
  };
}

/** A name in that mapping means each name that contains it, or that it contains; the longest one counts. */
function mappingOf({ modelMapping }: Channel, notes: Notes): Record<string, string> | undefined {
  const entries = Object.entries(modelMapping);
  if (entries.length === 0) return undefined;
  notes.changed(
    "modelMapping",
    "a name stands for itself and for each longer one that holds it, but not for shorter ones",
  );
  const wide = entries.filter(([asked]) => !asked.includes("*")).map(([asked, sent]) => [`*${asked}*`, sent]);
  return Object.fromEntries([...wide, ...entries]);
}

function noteRest(record: Record<string, unknown>, read: Channel, notes: Notes): void {
  if (read.insecureSkipVerify) notes.leftOut("insecureSkipVerify", "a Worker verifies every certificate");
  if (read.proxyUrl)
    notes.leftOut("proxyUrl", "a Worker cannot use one: give the account a gateway or a binding instead (egress)");
  if (read.routePrefix) notes.leftOut("routePrefix", "put the account into a group, and bind keys to that");
  if (read.rateLimitRpm)
    notes.leftOut(
      "rateLimitRpm",
      "an account is limited by requests at a time here (max_concurrency), a key by requests in a window",
    );
  const disabled = array(read.disabledApiKeys).length;
  if (disabled > 0) notes.leftOut("disabledApiKeys", `${disabled} keys that had failed there`);
  const rewrites = REWRITES.filter(
    (name) => record[name] !== undefined && record[name] !== false && record[name] !== null,
  );
  if (rewrites.length > 0)
    notes.leftOut(rewrites.join(", "), "translation has its own rules here; `quirks` of the account change them");
}

/** What both take where nobody has set a key, and what their instructions write: everybody knows it. */
const EVERYBODYS = "your-proxy-access-key";

/** The `.env` of either, which has the key of the clients. */
export function isProxyEnv(text: string): boolean {
  return /^\s*(?:export\s+)?PROXY_ACCESS_KEY\s*=/m.test(text);
}

export function convertProxyEnv(text: string): Draft {
  const drafting = new Drafting(CLAUDE_PROXY);
  for (const [, name = "", value = ""] of text.matchAll(
    /^\s*(?:export\s+)?((?:EXTRA_)?PROXY_ACCESS_KEYS?)\s*=\s*(.*?)\s*$/gm,
  )) {
    const keys = value
      .replace(/^(["'])(.*)\1$/, "$2")
      .split(",")
      .map((key) => key.trim());
    keys.forEach((key, at) => {
      const called = keys.length === 1 ? name : `${name} ${at + 1}`;
      const unsafe = unsafeKey(key);
      if (unsafe === null) drafting.keys.push({ ref: called, body: { name: called, api_key: key }, bound: null });
      else drafting.notes("key", called).leftOut("", `${unsafe}: make a key, and give clients that`);
    });
  }
  return drafting;
}

/** Why it may not be a key here; null: it may. */
function unsafeKey(key: string): string | null {
  if (key === EVERYBODYS) return "is the one of the instructions, which everybody knows";
  if (key.length < 20) return "is shorter than 20 characters, and could be guessed";
  return /^[\x21-\x7e]{1,512}$/.test(key) ? null : "has letters that no header carries, or more than 512 of them";
}
