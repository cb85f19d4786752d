/** Google's Gemini CLI: with an API key, and signed in to Code Assist with a relay key as its token. */
import type { Client, Place } from "./client.ts";
import { geminiScript } from "./gemini-script.ts";
import type { Loop } from "./loop.ts";
import { DENIED, refusals, SPENT } from "./refusals.ts";

export const gemini = {
  package: "@google/gemini-cli",
  version: "0.61.0",
  program: "@google/gemini-cli/bundle/gemini.js",
  args: ({ prompt }: Loop) => ["--skip-trust", "-p", prompt],
  script: geminiScript,
  recognisedAs: "gemini_cli",
  expects: "tool loop",
} as const;

export const GEMINI: readonly Client[] = [
  {
    ...gemini,
    name: "gemini-0.61.0 api key",
    env: ({ origin, key }) => ({ GOOGLE_GEMINI_BASE_URL: `${origin}/gemini`, GEMINI_API_KEY: key }),
    files: settings("gemini-api-key"),
    lane: "gemini",
  },
  // Each of these asks its router's model first.
  ...refusals({
    "model refused": { key: DENIED, status: 404, tries: 2, shows: /may not use the model/ },
    "budget refused": { ...SPENT, status: 429, tries: 2, shows: /total limit of/ },
    "account refused": { upstream: 401, status: 424, tries: 2, shows: /operator has to see to it/ },
  }).map((row) => ({
    ...gemini,
    ...row,
    name: `gemini-0.61.0 ${row.name}`,
    env: ({ origin, key }: Place) => ({ GOOGLE_GEMINI_BASE_URL: `${origin}/gemini`, GEMINI_API_KEY: key }),
    files: settings("gemini-api-key"),
    lane: "gemini" as const,
  })),
  {
    ...gemini,
    name: "gemini-0.61.0 code assist",
    env: (place) => codeAssist(place, "/gemini"),
    files: settings("oauth-personal"),
    lane: "code-assist",
    mustAsk: ["POST /gemini/v1internal:loadCodeAssist"],
    rewritten: true,
  },
  {
    ...gemini,
    name: "gemini-0.61.0 code assist with slash",
    env: (place) => codeAssist(place, "/gemini/"),
    files: settings("oauth-personal"),
    lane: "code-assist",
    mustAsk: ["POST /gemini//v1internal:loadCodeAssist"],
    rewritten: true,
  },
];

export function codeAssist({ origin, key }: Place, path: string): Record<string, string> {
  return { CODE_ASSIST_ENDPOINT: `${origin}${path}`, GOOGLE_CLOUD_ACCESS_TOKEN: key, GOOGLE_GENAI_USE_GCA: "true" };
}

/** Without a person, a tool that was not allowed is refused. */
const POLICY = `[[rule]]
toolName = "run_shell_command"
commandPrefix = "echo"
decision = "allow"
priority = 100
`;

export function settings(selectedType: string) {
  const quiet = { privacy: { usageStatisticsEnabled: false }, general: { enableAutoUpdate: false } };
  const content = JSON.stringify({ ...quiet, security: { auth: { selectedType } } });
  return () => ({ ".gemini/settings.json": content, ".gemini/policies/echo.toml": POLICY });
}
