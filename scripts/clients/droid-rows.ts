/** Factory's Droid with a custom model, in each of the three formats that such a model may speak. */
import { chatScript } from "./chat-script.ts";
import { type Client, EXE, PLATFORM, type Place } from "./client.ts";
import type { Loop } from "./loop.ts";
import { messagesScript } from "./messages-script.ts";
import { responsesScript } from "./responses-script.ts";

export const droid = {
  package: "droid",
  version: "0.215.0",
  program: `@factory/cli-${PLATFORM}/bin/droid${EXE}`,
  args: ({ prompt }: Loop) => ["exec", "--model", "custom:relay-0", prompt],
  // It asks for a key of the vendor's even if only custom models are used.
  env: () => ({ FACTORY_API_KEY: "fk-none" }),
  recognisedAs: "droid",
  expects: "tool loop",
} as const;

export const claude = { provider: "anthropic", model: "claude-opus-5-5" };
const gpt = { provider: "openai", model: "gpt-5.2-codex" };
/** With a name that looks like an OpenAI model, Droid would complain to the model about this provider. */
const generic = { provider: "generic-chat-completion-api", model: "relay-chat" };

export const DROID: readonly Client[] = [
  {
    ...droid,
    name: "droid-0.215.0 messages",
    files: settings("/claude", claude),
    script: messagesScript,
    lane: "messages",
  },
  {
    ...droid,
    name: "droid-0.215.0 droid messages",
    files: settings("/droid/claude", claude),
    script: messagesScript,
    lane: "droid",
  },
  {
    ...droid,
    name: "droid-0.215.0 responses",
    files: settings("/droid/openai/v1", gpt),
    script: responsesScript,
    lane: "droid",
  },
  {
    ...droid,
    name: "droid-0.215.0 chat",
    files: settings("/droid/comm/v1", generic),
    script: chatScript,
    lane: "droid",
  },
];

export function settings(path: string, custom: { provider: string; model: string }) {
  return ({ origin, key: apiKey }: Place) => {
    const row = { id: "custom:relay-0", index: 0, displayName: "relay", maxOutputTokens: 32_000, noImageSupport: true };
    const model = { ...row, ...custom, baseUrl: `${origin}${path}`, apiKey };
    return { ".factory/settings.json": JSON.stringify({ customModels: [model], enableDroidShield: false }) };
  };
}
