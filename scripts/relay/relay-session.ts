/**
 * A relay that somebody is signed in to. A session is kept for the next time. When it has ended, a new one is opened if a password is
 * available; otherwise a person at a terminal is asked for it once.
 */
import { connectionFailure } from "./answer.ts";
import { type AdminClient, ask, createClient, Failed, type Send } from "./client.ts";
import type { Connection } from "./connection.ts";
import { changeStored, readStored, type Session, sessionName } from "./credential-file.ts";
import { type Failure, failed, type Outcome } from "./failure.ts";
import type { Prompts } from "./prompts.ts";
import type { System } from "./system.ts";
import { printable } from "./table.ts";

export interface Relay {
  /** Without a slash at the end. */
  origin: string;
  client: AdminClient;
  /** Sends any request to the relay, signed in; for what `client` has no type for (streams, files). */
  send: Send;
}

/** The relay looks at 24 hosts for up to eight seconds each, and at keys one after the other. */
const PATIENCE_MS = 180_000;
/** A session that ends this soon is replaced at once. */
const NEARLY_ENDED_MS = 60_000;

/** Sends nothing until something is asked of the relay. */
export function openRelay(system: System, prompts: Prompts, connection: Connection): Relay {
  const { url: origin } = connection;
  let session: Promise<Outcome<Session>> | undefined;

  const send: Send = async (path, init = {}) => {
    session ??= findSession(system, prompts, connection);
    for (const last of [false, true]) {
      const open = await session;
      if (!open.ok) throw new Failed(open.refusal);
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${open.value.token}`);
      const response = await request(system, connection, path, { ...init, headers });
      if (response.status !== 401 || last || connection.token !== null || connection.password === null) return response;
      // The session was ended elsewhere, or the relay has another JWT_SECRET.
      await response.body?.cancel();
      session = signIn(system, connection, connection.password);
    }
    throw new Error("The loop returns");
  };
  return { origin, client: createClient(origin, send), send };
}

/** One request without a session, with what Access requires. Throws `Failed` if nothing answers. Redirects count as answers. */
export async function request(
  { signal }: Pick<System, "signal">,
  { url, access }: Pick<Connection, "url" | "access">,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (access) {
    headers.set("cf-access-client-id", access.id);
    headers.set("cf-access-client-secret", access.secret);
  }
  const signals = [signal, AbortSignal.timeout(PATIENCE_MS), ...(init.signal ? [init.signal] : [])];
  try {
    return await fetch(`${url}${path}`, { redirect: "manual", ...init, headers, signal: AbortSignal.any(signals) });
  } catch (error) {
    throw new Failed(signal.aborted ? { exit: "interrupted", message: "Stopped." } : connectionFailure(url, error));
  }
}

async function findSession(system: System, prompts: Prompts, connection: Connection): Promise<Outcome<Session>> {
  const { url, username, password, token } = connection;
  if (token !== null) return { ok: true, value: { token, expiresAt: Number.POSITIVE_INFINITY } };
  const stored = readStored(system);
  if (!stored.ok) return stored;
  const kept = stored.value.sessions[sessionName(url, username)];
  if (kept && kept.expiresAt > system.now() + NEARLY_ENDED_MS) return { ok: true, value: kept };
  if (password !== null) return signIn(system, connection, password);
  if (!prompts.possible) {
    const advice = "Run `edge-relay setup` at a terminal, or set EDGE_RELAY_PASSWORD or EDGE_RELAY_TOKEN.";
    return failed("notSignedIn", `Nobody is signed in at ${url}.`, advice);
  }
  const typed = await prompts.secret(`Password of ${username} at ${url}: `);
  return typed.ok ? signIn(system, connection, typed.value) : typed;
}

/** Opens a session with a password, and keeps it for the next time; where no file can be written, it is good for this run. */
export async function signIn(system: System, connection: Connection, password: string): Promise<Outcome<Session>> {
  const { url, username } = connection;
  const strangers = createClient(url, (path, init) => request(system, connection, path, init));
  const answer = await ask(strangers.admin.login.$post({ json: { username, password } }));
  if (!answer.ok) return { ok: false, refusal: signInFailure(answer.refusal, url) };
  const { access_token, expires_in } = answer.value;
  const session = { token: access_token, expiresAt: system.now() + expires_in * 1_000 };
  const kept = changeStored(system, (stored) => ({
    ...stored,
    sessions: { ...stored.sessions, [sessionName(url, username)]: session },
  }));
  if (!kept.ok) system.stderr.write(`The session is not kept: ${printable(kept.refusal.message)}\n`);
  return { ok: true, value: session };
}

function signInFailure(failure: Failure, url: string): Failure {
  if (failure.cause !== "not_signed_in") return failure;
  return { ...failure, message: `Wrong username or password for ${url}.`, advice: "Sign in with `edge-relay setup`." };
}
