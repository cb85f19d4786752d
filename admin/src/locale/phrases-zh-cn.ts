/**
 * The relay's English sentences in Simplified Chinese: by the relay's own lists if they are listed there, otherwise by the whole sentence.
 * A test checks that every sentence of those lists has one here.
 */
import { CLOUDFLARE_DESCRIPTIONS, UNSENT_DESCRIPTIONS } from "../../../src/account-check/diagnosis.ts";
import { DESCRIPTIONS } from "../../../src/providers/faults/descriptions.ts";
import { words as CONDITIONS } from "../pages/accounts/chinese-conditions.ts";
import { FIELD_PATTERNS, FIELD_SENTENCES } from "./phrases-fields-zh-cn.ts";

const UNSENT: Record<keyof typeof UNSENT_DESCRIPTIONS, string> = {
  busy: "它的名额（max_concurrency）都被进行中的请求占用：没有发送任何内容",
  key_unreadable: "无法解密此密钥：它是为另一个基础地址加密的，或所用的 ENCRYPTION_KEY 已不在；请重新填写",
  access_token_unavailable:
    "Google 现在不向它的服务账号签发访问令牌：密钥已撤销或不属于它，或 VERTEX_TOKEN_URL 没有应答；日志中有具体说法（access_token_not_issued）",
  sign_in_unavailable: "没有它的登录令牌：服务商没有续期，或不再续期；它的状态说明了更多，重新登录即可解决",
};

const CLOUDFLARE: Record<keyof typeof CLOUDFLARE_DESCRIPTIONS, string> = {
  520: "它中断了连接，或应答不是 HTTP",
  521: "无法连接：服务器拒绝了连接",
  522: "无法连接：服务器没有及时应答",
  523: "无法连接：没有通往服务器的路径",
  524: "它接受了请求，但没有及时应答",
  525: "无法建立安全连接：TLS 握手失败",
  526: "无法建立安全连接：它的 TLS 证书无效",
  530: "base_url 的主机名无法解析（DNS），或 Cloudflare 拒绝为它服务",
};

const SENTENCES: Readonly<Record<string, string>> = {
  "Anthropic's terms let a Claude subscription be used by the person who holds it, in Anthropic's own applications: sharing it, or using it from others, may break them and end the account.":
    "Anthropic 的条款允许订阅者本人在 Anthropic 自己的应用中使用 Claude 订阅：与他人共享，或在其他软件中使用，可能违反条款并导致账号被终止。",
  "OpenAI's terms let a ChatGPT subscription be used by the person who holds it: sharing it, or using it other than through OpenAI's own clients, may break them and end the account.":
    "OpenAI 的条款允许订阅者本人使用 ChatGPT 订阅：与他人共享，或不通过 OpenAI 自己的客户端使用，可能违反条款并导致账号被终止。",
  "Factory's terms let a Droid plan be used by the person who holds it, in Factory's own clients: sharing it, or using it from others, may break them and end the account.":
    "Factory 的条款允许订阅者本人在 Factory 自己的客户端中使用 Droid 套餐：与他人共享，或在其他软件中使用，可能违反条款并导致账号被终止。",
  "Google's terms let a Gemini Code Assist licence (Standard or Enterprise; the one for individuals ended on 2026-06-18) be used by the person who holds it, in Google's own clients: using it from other software is a violation of its policy, and may end the account.":
    "Google 的条款允许持有者本人在 Google 自己的客户端中使用 Gemini Code Assist 许可（标准版或企业版；个人版已于 2026-06-18 终止）：在其他软件中使用违反其政策，可能导致账号被终止。",
  "Google's terms let Antigravity be used by the person who has signed in, in Google's own application: using it from other software is a violation of its policy, and may end the account.":
    "Google 的条款允许登录者本人在 Google 自己的应用中使用 Antigravity：在其他软件中使用违反其政策，可能导致账号被终止。",
  "There is no such account": "没有这个账号",
  "There is no such alias": "没有这个别名",
  "There is no such API key": "没有这个密钥",
  "There is no such group": "没有这个分组",
  "There is no such request in the log; it may be in flight, or too old":
    "日志中没有这个请求：可能仍在进行中，或已过保留期",
  "There is no such session; it may have ended": "没有这个会话，它可能已经结束",
  "There is no such template": "没有这个模板",
  "There is no override for this model": "这个模型没有自定价格",
};

type Pattern = readonly [english: RegExp, chinese: (...parts: string[]) => string];

/** Sentences with figures and names in them. A missing part is "". */
const PATTERNS: readonly Pattern[] = [
  ...FIELD_PATTERNS,
  [/^must be true: (.+)$/, (terms) => (SENTENCES[terms] ? `须勾选同意：${SENTENCES[terms]}` : "")],
  [/^Asking (\S+)(?: through (?:the binding )?(\S+))? for (.+) with key (.+)$/, asking],
  [/^It began to answer after (\d+) ms$/, (ms) => `${ms} ms 后开始应答`],
  [/^It is signed in, with a token that is good until (\S+)\. Nothing was sent: it serves (.+) alone\.$/, signedIn],
  [
    /^It works: (.+) answered, (?:first byte after (\d+) ms, )?(\d+) ms in all\.(?: It calls itself (.+?)\.)?(?: It is still left alone(?: until (\S+))? \((.+)\): reset it to use it now\.)?$/,
    works,
  ],
  [
    /^(.+?)(?: \(([^()]+)\))?\.(?: It answered with status (\d+)\.)?( Or base_url has a wrong path\.)?(?: Limited until (\S+)\.)?$/,
    fails,
  ],
  [
    /^(.+) (?:is|are) not set, or not to an address that may be asked$/,
    (names) => `${names.replaceAll(" and ", "、")} 没有设置，或设置的地址不允许访问`,
  ],
];

const KNOWN = new Map<string, string>([
  ...pairs(DESCRIPTIONS, CONDITIONS),
  ...pairs(UNSENT_DESCRIPTIONS, UNSENT),
  ...pairs(CLOUDFLARE_DESCRIPTIONS, CLOUDFLARE),
  ...Object.entries(SENTENCES),
  ...Object.entries(FIELD_SENTENCES),
]);

/** Null if there is no phrase for it. */
export function inChinese(text: string): string | null {
  const known = KNOWN.get(text);
  if (known !== undefined) return known;
  for (const [english, chinese] of PATTERNS) {
    const found = english.exec(text);
    const said = found && chinese(...found.slice(1).map((part) => part ?? ""));
    if (said) return said;
  }
  return null;
}

function asking(host: string, through: string, model: string, key: string): string {
  return `正在用密钥 ${key} 向 ${host}${through === "" ? "" : `（经过 ${through}）`}请求 ${model}`;
}

function signedIn(until: string, clients: string): string {
  return `已登录，令牌有效至 ${until}。没有发送任何内容：它只供 ${clients} 使用。`;
}

function works(model: string, first: string, all: string, reported: string, until: string, why: string): string {
  const begun = first === "" ? "" : `首字节 ${first} ms，`;
  const other = reported === "" ? "" : `它自称 ${reported}。`;
  const aside = until === "" ? "仍暂停使用" : `仍暂停使用至 ${until}`;
  const rest = why === "" ? "" : `${aside}（${KNOWN.get(why) ?? why}）：重置后即可使用。`;
  return `可用：${model} 已应答，${begun}共 ${all} ms。${other}${rest}`;
}

/** "" if the cause is unknown. */
function fails(what: string, about: string, status: string, path: string, until: string): string {
  // At the beginning of a sentence it has a capital letter, and it may end with brackets of its own.
  const starts = [lowered(what), what];
  const plain = starts.map((start) => KNOWN.get(start)).find((known) => known !== undefined);
  const whole = starts.map((start) => KNOWN.get(`${start} (${about})`)).find((known) => known !== undefined);
  if (plain === undefined && whole === undefined) return "";
  return [
    whole ?? plain + (about === "" ? "" : `（${about}）`),
    "。",
    status === "" ? "" : `应答的状态码是 ${status}。`,
    path === "" ? "" : "也可能是 base_url 的路径有误。",
    until === "" ? "" : `受限至 ${until}。`,
  ].join("");
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function pairs(
  english: Readonly<Record<string, string>>,
  chinese: Readonly<Record<string, string>>,
): [string, string][] {
  return Object.entries(english).map(([name, text]) => [text, chinese[name] ?? text]);
}
