/** Claude Code: its newest release, and the last one that was a script. */
import { type Client, EXE, PLATFORM, type Place } from "./client.ts";
import type { Loop } from "./loop.ts";
import { messagesScript } from "./messages-script.ts";
import { DENIED, refusals, SPENT } from "./refusals.ts";

const claude = {
  package: "@anthropic-ai/claude-code",
  // Root may not skip all permissions, and that would be more than is needed.
  args: ({ prompt }: Loop) => ["-p", prompt, "--allowedTools", "Bash(echo:*)"],
  script: messagesScript,
  lane: "messages",
  recognisedAs: "claude_code",
  expects: "tool loop",
} as const;
/** The package's own wrapper copies the platform's binary in an install script, and we run no install scripts. */
export const native = { ...claude, version: "2.1.329", program: `@anthropic-ai/claude-code-${PLATFORM}/claude${EXE}` };
const script = { ...claude, version: "2.0.77", program: "@anthropic-ai/claude-code/cli.js" };

const base = ({ origin, temporary }: Place) => ({
  ANTHROPIC_BASE_URL: `${origin}/api`,
  CLAUDE_CODE_TMPDIR: temporary,
  DISABLE_AUTOUPDATER: "1",
});
const quiet = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_TELEMETRY: "1" };
const token = (place: Place) => ({ ...base(place), ANTHROPIC_AUTH_TOKEN: place.key });
const key = (place: Place) => ({ ...base(place), ANTHROPIC_API_KEY: place.key });
export const quietToken = (place: Place) => ({ ...token(place), ...quiet });
const quietKey = (place: Place) => ({ ...key(place), ...quiet });

export const CLAUDE: readonly Client[] = [
  { ...native, name: "claude-2.1.329", env: quietToken },
  { ...native, name: "claude-2.1.329 api key", env: quietKey },
  { ...native, name: "claude-2.1.329 token and key", env: (place) => ({ ...quietToken(place), ...quietKey(place) }) },
  {
    ...native,
    name: "claude-2.1.329 chatty",
    // With a proxy set it does not check whether the base URL is reachable. Its reports to the vendor stay off.
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
  ...refusals({
    "model refused": { key: DENIED, status: 404, tries: 2, shows: /issue with the selected model/ },
    "budget refused": { ...SPENT, status: 429, tries: 1, shows: /\(429\).*total limit of/ },
    "account refused": { upstream: 401, status: 424, tries: 1, shows: /424.*operator has to see to it/ },
  }).map((row) => ({ ...native, ...row, name: `claude-2.1.329 ${row.name}`, env: quietToken })),
  { ...script, name: "claude-2.0.77", env: quietToken },
  { ...script, name: "claude-2.0.77 api key", env: quietKey },
  {
    ...script,
    name: "claude-2.0.77 chatty",
    env: token,
    mustAsk: ["POST /api/v1/messages/count_tokens", "POST /api/api/event_logging/batch"],
  },
];
