/**
 * Checks the relay from outside, as a client and as an admin: does it answer, does it recognise an invalid key, does its database answer
 * behind a sign-in. Repeated until it succeeds or the time is up, because a new address takes a while.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { object, parse } from "../../src/ground/json.ts";
import type { Result } from "../../src/vocabulary.ts";

export interface Look {
  origin: string;
  worker: string;
  /** Only this version's answer counts; null: any version's. */
  version: string | null;
  /** Null if nobody knows the password any more. Then a sign-in without one must be refused properly. */
  login: Login | null;
  seconds: number;
  /** Ends the check at once. */
  signal: AbortSignal;
}

export interface Login {
  username: string;
  password: string;
  /** Whether this run sets this password. One from an old copy may have been changed since. */
  certain: boolean;
}

const PAUSE_MS = 500;
/** The pause between two sign-ins, of which the relay allows few. */
const LONG_PAUSE_MS = 6_000;
const ANSWER_WITHIN_MS = 10_000;
/** Cloudflare sends a request with this header to the version that it names, if that is part of the deployment. */
const OVERRIDE = "cloudflare-workers-version-overrides";
/** The relay repeats it if it runs as this version (src/worker.ts), so a header that was ignored cannot fake a good answer. */
const VERSION = "x-edge-relay-version";

/** What is wrong, in one sentence, once the time is up or the version itself answers wrongly. */
export async function check(look: Look): Promise<Result<null, string>> {
  const deadline = Date.now() + look.seconds * 1_000;
  for (;;) {
    const fault = await lookOnce(look);
    if (fault === null) return { ok: true, value: null };
    if (look.signal.aborted) return { ok: false, refusal: "Stopped." };
    if (fault.final || Date.now() > deadline) return { ok: false, refusal: fault.says };
    await sleep(fault.answered ? LONG_PAUSE_MS : PAUSE_MS, null, { signal: look.signal }).catch(() => undefined);
  }
}

interface Wrong {
  says: string;
  /** Whether waiting does not help. */
  final: boolean;
  /** Whether the relay answers, but wrongly. */
  answered: boolean;
}

async function lookOnce(look: Look): Promise<Wrong | null> {
  const { origin, version } = look;
  const health = await ask(look, "GET", "/health");
  if (!health.ok) return { says: `${origin} does not answer: ${health.refusal}`, final: false, answered: false };
  const { status, text, headers } = health.value;
  if (version !== null && headers.get(VERSION) !== version) {
    return { says: `${origin}/health is not answered by the new version (${status}).`, final: false, answered: false };
  }
  if (status !== 200 || !text.includes('"status":"ok"')) {
    return { says: `${origin}/health answers ${status}: ${text.slice(0, 200)}`, final: false, answered: false };
  }
  for (const trial of TRIALS) {
    const fault = await trial(look);
    // From here on the relay answers, so a wrong answer is its own. But a 404 or 5xx may still come from an old location.
    if (fault !== null) return { says: fault, final: version !== null, answered: true };
  }
  return null;
}

const TRIALS: readonly ((look: Look) => Promise<string | null>)[] = [
  async (look) => {
    const headers = { "x-api-key": `cr_${"0".repeat(64)}` };
    const answer = await ask(look, "POST", "/v1/messages", { model: "claude-sonnet-4-5", messages: [] }, headers);
    if (!answer.ok) return `${look.origin} does not answer: ${answer.refusal}`;
    const { status, text } = answer.value;
    return status === 401 ? null : `A key that is none is not refused with 401: ${status}: ${text.slice(0, 200)}`;
  },
  async (look) => {
    const answer = await ask(look, "POST", "/admin/login", credentialsOf(look));
    if (!answer.ok) return `${look.origin} does not answer: ${answer.refusal}`;
    const { status, text, headers } = answer.value;
    if (headers.get("location")?.includes(".cloudflareaccess.com/")) return null;
    if (look.login === null)
      return status >= 400 && status < 500 ? null : `Signing in answers ${status}: ${text.slice(0, 200)}`;
    if (status === 401 && !look.login.certain) return null;
    const token = status === 200 ? object(parse(text))?.access_token : undefined;
    if (typeof token !== "string")
      return `Signing in as ${look.login.username} failed with ${status}: ${text.slice(0, 200)}`;
    const accounts = await ask(look, "GET", "/admin/accounts?limit=1", undefined, {
      authorization: `Bearer ${token}`,
    });
    if (!accounts.ok) return `${look.origin} does not answer: ${accounts.refusal}`;
    if (accounts.value.status === 200) return null;
    return `The list of accounts answers ${accounts.value.status}: ${accounts.value.text.slice(0, 200)}`;
  },
];

/** A relay whose password nobody knows here must refuse an empty body as empty. */
function credentialsOf({ login }: Look) {
  return login === null ? {} : { username: login.username, password: login.password };
}

interface Answer {
  status: number;
  text: string;
  headers: Headers;
}

async function ask(
  { origin, worker, version, signal }: Look,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Result<Answer, string>> {
  try {
    const response = await fetch(`${origin}${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...headers,
        "content-type": "application/json",
        ...(version !== null && { [OVERRIDE]: `${worker}="${version}"`, [VERSION]: version }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    return { ok: true, value: { status: response.status, text: await response.text(), headers: response.headers } };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { ok: false, refusal: cause instanceof Error ? cause.message : String(cause) };
  }
}
