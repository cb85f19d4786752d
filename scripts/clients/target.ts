/**
 * The relay against which the clients are run: one of our own, with an upstream that plays the other part of the loop; or one that is
 * already running, of which only the client's side is visible.
 */
import { createHash } from "node:crypto";
import { type Behaviour, FakeUpstream } from "../../test/front/fake-upstream.ts";
import { wholeMessage } from "../../test/front/messages.ts";
import { RelayUnderTest, type RequestRow } from "../../test/front/relay-under-test.ts";
import { openRelay } from "../../test/front/shared-relays.ts";
import { QUIET_WRANGLER, WITHOUT_LOOKUPS } from "../quiet-wrangler.ts";
import type { Client, Subscription, UpstreamFormat } from "./client.ts";
import type { Loop, Script } from "./loop.ts";
import { UPSTREAM_SCRIPTS } from "./played.ts";
import { v1internalScript } from "./v1internal-script.ts";

/** What happened behind the relay in one run. */
export interface Behind {
  /** Every request that reached the upstream: the SHA-256 of its body and of the answer that it got. */
  received: { request: string; answer: string }[];
  /** The request rows of the run's key, at most as many as were asked for. */
  rows: RequestRow[];
  /** How many requests went to the limited account first; null if there was none. */
  limited: number | null;
}

export interface Run {
  key: string;
  /** Call it when the client has ended. `rows`: how many of its requests the relay books. Null if that is not visible. */
  behind: (rows: number) => Promise<Behind | null>;
}

export interface Target {
  origin: string;
  /** Whether the upstream plays our loop, so that its closing word must be printed. */
  scripted: boolean;
  begin: (client: Client, loop: Loop) => Promise<Run>;
  stop: () => Promise<void>;
}

export function givenTarget(url: string, key: string): Target {
  const run = { key, behind: async () => null };
  return { origin: new URL(url).origin, scripted: false, begin: async () => run, stop: async () => {} };
}

export async function ownTarget(): Promise<Target> {
  // In this mode, wrangler runs in this process.
  Object.assign(process.env, QUIET_WRANGLER, WITHOUT_LOOKUPS);
  const { connection, dispose } = await openRelay();
  const relay = await new RelayUnderTest(connection).start();
  await addAccounts(relay);
  return {
    origin: relay.url,
    scripted: true,
    stop: async () => {
      await relay.stop();
      await dispose();
    },
    begin: async ({ script, limitedFirst, refusal, upstream, subscription }, loop) => {
      const received: Behind["received"] = [];
      await relay.forgiveAccounts();
      // Google is asked this when one of its accounts is created. No other provider is asked anything then.
      relay.upstream.behave(PROJECT_FOUND);
      const fields = subscription ? SUBSCRIPTIONS[subscription] : upstream && fieldsSpeaking(upstream);
      const account = fields ? await accountWith(relay, fields) : null;
      const bound = account && { bound_account_id: account.id };
      const { id, api_key } = await relay.makeKey({ name: `client ${loop.token}`, ...bound, ...refusal?.key });
      const spoken = subscription ? SUBSCRIBED_SCRIPTS[subscription] : upstream && UPSTREAM_SCRIPTS[upstream];
      const { answer: answerOf } = spoken ?? script;
      if (refusal?.spent) await spend(relay, id, api_key);
      relay.upstream.behave((request) => {
        const behaviour = refusal?.upstream ? refusedBy(refusal.upstream) : answerOf(request, loop);
        const answer = createHash("sha256");
        for (const chunk of behaviour.chunks) answer.update(chunk);
        received.push({ request: sha256(request.body), answer: answer.digest("hex") });
        return behaviour;
      });
      const limited = limitedFirst ? await limitedAccount(relay) : null;
      const behind = async (rows: number) => {
        const seen = {
          received,
          rows: await relay.rows(id, rows).catch(() => []),
          limited: limited ? await limited.end() : null,
        };
        await account?.end();
        return seen;
      };
      return { key: api_key, behind };
    },
  };
}

/** Uses up a key that is one request below its limit. */
async function spend(relay: RelayUnderTest, id: string, key: string): Promise<void> {
  relay.upstream.behave({ headers: { "content-type": "application/json" }, chunks: [wholeMessage("Fine.")] });
  await (await relay.messages(key)).text();
  await relay.rows(id, 1);
}

function refusedBy(status: number): Behaviour {
  const error = { type: "authentication_error", code: "invalid_api_key", message: "invalid key" };
  return {
    status,
    headers: { "content-type": "application/json" },
    chunks: [JSON.stringify({ type: "error", error })],
  };
}

/** The same upstream as an account of the other platforms. Its routes tell them apart. */
async function addAccounts(relay: RelayUnderTest): Promise<void> {
  const { items } = await relay.admin<{ items: { base_url: string }[] }>("GET", "/admin/accounts");
  const upstream = items[0]?.base_url ?? "";
  await addAccount(relay, { name: "fake openai", platform: "openai", base_url: `${upstream}/v1` });
  await addAccount(relay, { name: "fake gemini", platform: "gemini", base_url: upstream });
}

/** Skips an account of a platform that the relay does not know, so that only the rows that need it fail. */
async function addAccount(relay: RelayUnderTest, fields: Record<string, string>): Promise<void> {
  const account = { ...fields, kind: "api-key", api_key: "sk-upstream-secret" };
  await relay.admin("POST", "/admin/accounts", account).catch((error: Error) => {
    if (!error.message.startsWith("POST /admin/accounts: 400")) throw error;
  });
}

interface AccountFields extends Record<string, unknown> {
  /** The part of the base URL after the fake upstream's origin. */
  path: string;
}

/** An account only for this row; `end` removes it. */
async function accountWith(relay: RelayUnderTest, { path, ...fields }: AccountFields) {
  const { items } = await relay.admin<{ items: { name: string; base_url: string }[] }>("GET", "/admin/accounts");
  const origin = items.find(({ name }) => name === "fake")?.base_url ?? "";
  const account = { name: "of this row", base_url: `${origin}${path}`, ...fields };
  const { id } = await relay.admin<{ id: string }>("POST", "/admin/accounts", account);
  return { id, end: () => relay.admin("DELETE", `/admin/accounts/${id}`) };
}

/** An account that serves every model and speaks only `format`. */
function fieldsSpeaking(format: UpstreamFormat): AccountFields {
  const { model, ...where } = UPSTREAMS[format];
  // The mapping makes it serve any model that a client asks for, including side requests.
  const mapping = { model_mapping: { "*": model } };
  return { ...where, kind: "api-key", api_key: "sk-upstream-secret", protocols: [format], ...mapping };
}

/** Tokens that stay valid for the whole run, because a renewal would go to the provider. */
const SIGNED_IN = {
  oauth: { access_token: "access-of-a-sign-in", refresh_token: "refresh-of-a-sign-in", expires_at: 4_000_000_000 },
  terms_acknowledged: true,
  shared: true,
};
const SUBSCRIPTIONS: Record<Subscription, AccountFields> = {
  claude: { platform: "anthropic", kind: "oauth", path: "", ...SIGNED_IN },
  codex: { platform: "openai", kind: "codex-oauth", path: "/v1", ...SIGNED_IN },
  droid: { platform: "droid", kind: "oauth", path: "", ...SIGNED_IN },
  // The project that the relay tells Gemini CLI: with it as the account's project, no byte of a request is changed.
  google: { platform: "gemini", kind: "code-assist", path: "", project_id: "edge-relay", ...SIGNED_IN },
  antigravity: { platform: "antigravity", kind: "oauth", path: "", project_id: "edge-relay", ...SIGNED_IN },
};

/** Upstreams of sign-ins whose format differs from their clients'. */
const SUBSCRIBED_SCRIPTS: Partial<Record<Subscription, Pick<Script, "answer">>> = {
  google: v1internalScript,
  antigravity: v1internalScript,
};

const PROJECT_FOUND: Behaviour = {
  headers: { "content-type": "application/json" },
  chunks: ['{"currentTier":{"id":"standard-tier"},"cloudaicompanionProject":"edge-relay"}'],
};

/** By format: the path of the fake upstream, and a model that thinks. */
const UPSTREAMS = {
  anthropic: { platform: "anthropic", path: "", model: "claude-opus-5-5" },
  chat: { platform: "openai", path: "/v1", model: "gpt-5.5" },
  responses: { platform: "openai", path: "/v1", model: "gpt-5.5" },
  gemini: { platform: "gemini", path: "", model: "gemini-3.5-flash" },
} as const;

/** An account that is asked before all others and is over its limit. `end` removes it and returns how often it was asked. */
async function limitedAccount(relay: RelayUnderTest): Promise<{ end: () => Promise<number> }> {
  const upstream = new FakeUpstream();
  const body = '{"type":"error","error":{"type":"rate_limit_error","message":"This account is over its limit"}}';
  const headers = { "content-type": "application/json", "retry-after": "600" };
  const { id } = await relay.admin<{ id: string }>("POST", "/admin/accounts", {
    name: "limited",
    platform: "anthropic",
    kind: "api-key",
    priority: 1,
    base_url: await upstream.start(),
    api_key: "sk-limited",
  });
  upstream.behave({ status: 429, headers, chunks: [body] });
  return {
    end: async () => {
      await relay.admin("DELETE", `/admin/accounts/${id}`);
      await upstream.stop();
      return upstream.received.length;
    },
  };
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
