/**
 * Which clients are run, and how: one row per client and way of using it. Versions are pinned, so that a failure is
 * the relay's and not a client's morning release. Facts from the clients themselves, measured on the wire.
 */
import type { Loop, Script } from "./loop.ts";
import { messagesScript } from "./messages-script.ts";

/** What a row may put into arguments, environment and files. */
export interface Place {
  /** The relay's origin, without a trailing slash. */
  origin: string;
  key: string;
  /** A directory for temporary files, gone after the run. */
  temporary: string;
}

export interface Client {
  /** The row's name, here and for `--only`, which also takes the beginning of one. */
  name: string;
  package: string;
  version: string;
  /** The program inside `node_modules`; a `.js` file is run with this Node. */
  program: string;
  args: (loop: Loop) => string[];
  /** Beyond what every client gets (see trial.ts). */
  env: (place: Place) => Record<string, string>;
  /** Files in the client's home, by path. */
  files?: (place: Place) => Record<string, string>;
  script: Script;
  /** What the relay's request rows should call it. */
  recognisedAs: string;
  /** "refusal" gives it a key that the relay never issued: it must give up at the first answer. */
  expects: "tool loop" | "refusal";
  /** The first account of the pool is over its limit: the client must notice nothing. Only with a relay of our own. */
  limitedFirst?: true;
  /** Side requests that this row is here for: they must have been made. All requests must succeed anyway. */
  mustAsk?: string[];
}

const EXE = process.platform === "win32" ? ".exe" : "";
const PLATFORM = `${process.platform}-${process.arch}`;

const claude = {
  package: "@anthropic-ai/claude-code",
  // Skipping all permissions is refused to root, and would be more than is needed.
  args: ({ prompt }: Loop) => ["-p", prompt, "--allowedTools", "Bash(echo:*)"],
  script: messagesScript,
  recognisedAs: "claude_code",
  expects: "tool loop",
} as const;
/** The package's own wrapper copies the platform's binary into place in an install script, and we run none. */
const native = { ...claude, version: "2.1.329", program: `@anthropic-ai/claude-code-${PLATFORM}/claude${EXE}` };
const script = { ...claude, version: "2.0.77", program: "@anthropic-ai/claude-code/cli.js" };

const base = ({ origin, temporary }: Place) => ({
  ANTHROPIC_BASE_URL: `${origin}/api`,
  CLAUDE_CODE_TMPDIR: temporary,
  DISABLE_AUTOUPDATER: "1",
});
const quiet = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_TELEMETRY: "1" };
const token = (place: Place) => ({ ...base(place), ANTHROPIC_AUTH_TOKEN: place.key });
const key = (place: Place) => ({ ...base(place), ANTHROPIC_API_KEY: place.key });
const quietToken = (place: Place) => ({ ...token(place), ...quiet });
const quietKey = (place: Place) => ({ ...key(place), ...quiet });

export const CLIENTS: readonly Client[] = [
  { ...native, name: "claude-2.1.329", env: quietToken },
  { ...native, name: "claude-2.1.329 api key", env: quietKey },
  { ...native, name: "claude-2.1.329 token and key", env: (place) => ({ ...quietToken(place), ...quietKey(place) }) },
  {
    ...native,
    name: "claude-2.1.329 chatty",
    // With a proxy set it does not ask whether the base URL is alive. Its reports to the vendor stay off.
    env: (place) => ({
      ...token(place),
      HTTP_PROXY: "",
      HTTPS_PROXY: "",
      DISABLE_TELEMETRY: "1",
      DISABLE_ERROR_REPORTING: "1",
    }),
    mustAsk: ["HEAD /api/api/hello"],
  },
  {
    ...native,
    name: "claude-2.1.329 model list",
    env: (place) => ({ ...quietToken(place), CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: "1" }),
    mustAsk: ["GET /api/v1/models"],
  },
  { ...native, name: "claude-2.1.329 limited account", env: quietToken, limitedFirst: true },
  { ...native, name: "claude-2.1.329 wrong key", env: quietToken, expects: "refusal" },
  { ...script, name: "claude-2.0.77", env: quietToken },
  { ...script, name: "claude-2.0.77 api key", env: quietKey },
  {
    ...script,
    name: "claude-2.0.77 chatty",
    env: token,
    mustAsk: ["POST /api/v1/messages/count_tokens", "POST /api/api/event_logging/batch"],
  },
  {
    name: "droid-0.215.0 messages",
    package: "droid",
    version: "0.215.0",
    program: `@factory/cli-${PLATFORM}/bin/droid${EXE}`,
    args: ({ prompt }) => ["exec", "--model", "custom:relay-0", prompt],
    // A key of the vendor's is asked for even where only custom models are used.
    env: () => ({ FACTORY_API_KEY: "fk-none" }),
    files: ({ origin, key: apiKey }) => ({ ".factory/settings.json": droidSettings(`${origin}/claude`, apiKey) }),
    script: messagesScript,
    recognisedAs: "droid",
    expects: "tool loop",
  },
];

function droidSettings(baseUrl: string, apiKey: string): string {
  const model = { model: "claude-opus-5-5", id: "custom:relay-0", index: 0, displayName: "relay" };
  const custom = { ...model, baseUrl, apiKey, provider: "anthropic", maxOutputTokens: 32_000, noImageSupport: true };
  return JSON.stringify({ customModels: [custom], enableDroidShield: false });
}
