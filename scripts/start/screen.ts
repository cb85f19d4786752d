/** What a person sees once everything runs: where the console is, how to sign in, and lines to paste. Pure text. */
import type { Provider } from "./accounts.ts";

export interface Screen {
  origin: string;
  username: string;
  /** Null if only its owner still knows it. */
  password: string | null;
  /** Null: there is none yet. */
  key: string | null;
  /** The platforms that the demo upstream answers for. */
  demoFor: Pick<Provider, "title" | "variable">[];
  notes: string[];
  /** The last line. */
  ending: string;
}

/** Lines to paste begin at the left edge and are one line each. `colours`: only for a terminal. */
export function screenText(screen: Screen, colours: boolean): string {
  const { origin, username, password, key, demoFor, notes, ending } = screen;
  const strong = (text: string) => (colours ? `\x1b[1m${text}\x1b[22m` : text);
  const faint = (text: string) => (colours ? `\x1b[2m${text}\x1b[22m` : text);
  const remarks = [...demoRemarks(demoFor), ...notes];
  return [
    "",
    strong("Edge Relay is running"),
    "",
    `  Console  ${strong(`${origin}/web/`)}`,
    `  Sign in  ${username} / ${password ?? "your password"}`,
    ...(key === null ? [] : [`  Key      ${key}`]),
    ...(remarks.length > 0 ? ["", ...remarks.map((remark) => `  ${remark}`)] : []),
    "",
    ...(key === null ? [] : clientLines(origin, key, strong, faint)),
    faint(ending),
    "",
  ].join("\n");
}

type Style = (text: string) => string;

function clientLines(origin: string, key: string, strong: Style, faint: Style): string[] {
  return [
    strong("Try it with curl"),
    curlLine(origin, key),
    "",
    strong("Claude Code"),
    `ANTHROPIC_BASE_URL=${origin}/api ANTHROPIC_AUTH_TOKEN=${key} claude`,
    "",
    strong("Codex"),
    codexLine(origin, key),
    "",
    `${strong("Gemini CLI")} ${faint(GEMINI_HINT)}`,
    `GOOGLE_GEMINI_BASE_URL=${origin}/gemini GEMINI_API_KEY=${key} gemini`,
    "",
  ];
}

/** With another base URL, it (0.61) uses the key only after it was told so in its dialog or settings; no variable does that. */
const GEMINI_HINT = "(asked how to sign in, the first time: press Enter twice, for Gemini API Key and for the key)";

const ANY_OF = new Intl.ListFormat("en", { type: "disjunction" });

function demoRemarks(demoFor: Screen["demoFor"]): string[] {
  if (demoFor.length === 0) return [];
  const titles = demoFor.map(({ title }) => title).join(", ");
  const variables = ANY_OF.format(demoFor.map(({ variable }) => variable));
  return [
    `Answered by the local demo upstream, not by a model: ${titles}.`,
    `For real answers add an account in the console, or start with ${variables}.`,
  ];
}

/** With a provider of its own: redirected by `openai_base_url`, Codex would first try a WebSocket and require a login. */
function codexLine(origin: string, key: string): string {
  const provider = `{name="relay",base_url="${origin}/openai",wire_api="responses",env_key="RELAY_KEY"}`;
  return `RELAY_KEY=${key} codex -c model_provider=relay -c 'model_providers.relay=${provider}'`;
}

/** With `-N`, because curl would otherwise hold the stream back until its buffer is full. */
function curlLine(origin: string, key: string): string {
  const body = JSON.stringify({
    model: "claude-sonnet-4-5",
    max_tokens: 256,
    stream: true,
    messages: [{ role: "user", content: "Say hello" }],
  });
  const headers = [`authorization: Bearer ${key}`, "anthropic-version: 2023-06-01", "content-type: application/json"];
  return `curl -N ${origin}/api/v1/messages ${headers.map((header) => `-H '${header}'`).join(" ")} -d '${body}'`;
}
