/** OpenAI's Codex: with a configured provider, with its built-in provider redirected, and an older release. */
import type { Client, Place } from "./client.ts";
import type { Loop } from "./loop.ts";
import { DENIED, refusals, SPENT } from "./refusals.ts";
import { responsesScript } from "./responses-script.ts";

export const codex = {
  package: "@openai/codex",
  // The wrapper finds the platform's binary itself.
  program: "@openai/codex/bin/codex.js",
  args: ({ prompt }: Loop) => ["exec", "--skip-git-repo-check", prompt],
  env: ({ key }: Place) => ({ RELAY_KEY: key }),
  script: responsesScript,
  lane: "openai",
  recognisedAs: "codex",
  expects: "tool loop",
} as const;

export const CODEX: readonly Client[] = [
  { ...codex, version: "0.169.0", name: "codex-0.169.0", files: customProvider("gpt-6.1-sol") },
  { ...codex, version: "0.169.0", name: "codex-0.169.0 unknown model", files: customProvider("relay-model") },
  {
    ...codex,
    version: "0.169.0",
    name: "codex-0.169.0 built-in provider",
    env: ({ key }) => ({ CODEX_API_KEY: key }),
    files: ({ origin }) => config("gpt-6.1-sol", [`openai_base_url = "${origin}/openai"`]),
    mustAsk: ["GET /openai/responses"],
    // It tries a WebSocket first. After this status it uses HTTP at once.
    refused: { "GET /openai/responses": 426 },
  },
  ...refusals({
    "model refused": { key: DENIED, status: 404, tries: 1, shows: /may not use the model/ },
    "budget refused": { ...SPENT, status: 429, tries: 1, shows: /hit your usage limit.*total limit of.*operator/ },
    "account refused": { upstream: 401, status: 424, tries: 6, shows: /operator has to see to it/ },
  }).map((row) => ({
    ...codex,
    ...row,
    version: "0.169.0",
    name: `codex-0.169.0 ${row.name}`,
    files: customProvider("gpt-6.1-sol"),
  })),
  { ...codex, version: "0.104.0", name: "codex-0.104.0", files: customProvider("gpt-5.2-codex") },
];

/** `base`: the provider's base URL after the relay's origin. */
export function customProvider(model: string, base = "/openai") {
  return ({ origin }: Place) =>
    config(model, [
      'model_provider = "relay"',
      "[model_providers.relay]",
      'name = "relay"',
      `base_url = "${origin}${base}"`,
      'wire_api = "responses"',
      'env_key = "RELAY_KEY"',
    ]);
}

function config(model: string, lines: string[]): Record<string, string> {
  const quiet = ["check_for_update_on_startup = false", "analytics.enabled = false"];
  return { ".codex/config.toml": [`model = "${model}"`, ...quiet, ...lines, ""].join("\n") };
}
