/**
 * The lines a person pastes to use a key. Pure text; `origin` has no trailing slash. Keys are `cr_` + hex, so nothing
 * here needs shell quoting.
 */

/** A streamed request that answers in a terminal; `-N` so that curl prints each event as it comes. */
export function curlLines(origin: string, key: string): string {
  const body = {
    model: "claude-sonnet-4-5",
    max_tokens: 256,
    stream: true,
    messages: [{ role: "user", content: "Say hello" }],
  };
  return [
    `curl -N ${origin}/api/v1/messages \\`,
    `  -H "x-api-key: ${key}" \\`,
    `  -H "anthropic-version: 2023-06-01" \\`,
    `  -H "content-type: application/json" \\`,
    `  -d '${JSON.stringify(body)}'`,
  ].join("\n");
}

/** ANTHROPIC_AUTH_TOKEN and not ANTHROPIC_API_KEY: with the latter Claude Code asks for approval on first use. */
export function claudeCodeLines(origin: string, key: string): string {
  return [`export ANTHROPIC_BASE_URL=${origin}/api`, `export ANTHROPIC_AUTH_TOKEN=${key}`, "claude"].join("\n");
}
