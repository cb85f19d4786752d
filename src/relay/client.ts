/**
 * Which client a request comes from, by the evidence of its headers. It is shown on the request's row, can be named in a key's
 * client rules, and is what a sign-in's `serves` is asked about (providers/kind.ts). No secret depends on it: anybody can send any header.
 */

/** First match counts. Versions and patterns as measured from the real clients. */
const CLIENTS: [id: string, userAgent: RegExp][] = [
  ["claude_code", /^claude-(?:cli|code)\//i],
  ["gemini_cli", /^GeminiCLI[-/]/i],
  ["codex", /^codex[_-]/i],
  ["droid", /^factory-cli\//i],
  ["anthropic_sdk", /^(?:Async)?Anthropic\//i],
  ["openai_sdk", /^(?:Async)?OpenAI\//i],
  ["google_genai_sdk", /google-genai-sdk\//i],
  ["curl", /^curl\//i],
];

/** The ids of those that are recognised. */
export const CLIENT_IDS: readonly string[] = CLIENTS.map(([id]) => id);

/** A client id such as `claude_code`, or "unknown". */
export function recogniseClient(headers: Headers): string {
  const userAgent = headers.get("user-agent") ?? "";
  return CLIENTS.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? "unknown";
}
