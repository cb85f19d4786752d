/**
 * The relay through its front door inside workerd, where a test can hang up as in production: a cancelled `exports.default.fetch` cancels
 * the invocation, and the runtime continues only what `waitUntil` knows. The upstream is faked. Its pauses are the invocation's own
 * timers, so they end with it.
 */
import { env, exports } from "cloudflare:workers";
import { vi } from "vitest";
import { sendPendingSettlements } from "../../src/gate/pending-settlements.ts";
import type { Report } from "../../src/gate/rpc.ts";
import { asAdmin } from "../admin/client.ts";
import { eventually } from "../eventually.ts";

/** What one request to the upstream gets. */
export interface Behaviour {
  status?: number;
  headers?: Record<string, string>;
  /** Milliseconds before the headers. */
  silentMs?: number;
  /** A number is a pause in milliseconds; a function, a pause until its promise resolves. */
  chunks?: (string | Uint8Array | number | (() => Promise<unknown>))[];
  /** Milliseconds before each chunk. */
  pauseMs?: number;
  /** `hang` leaves the answer open after the last chunk. */
  ending?: "end" | "hang";
}

export interface Asked {
  url: string;
  body: string;
  headers: Headers;
  /** How many chunks were taken. */
  written: number;
  /** Set if the relay closed the connection before its end, or read it to its end. */
  over: "closed" | "ended" | null;
}

/** All requests to the upstream, oldest first. */
export const asked: Asked[] = [];
let behaviour: (asked: Asked) => Behaviour = () => ({ status: 500 });

/** Fakes the upstream of every account from now on. Forgets what was asked before. */
export function behave(next: Behaviour | ((asked: Asked) => Behaviour)): void {
  asked.length = 0;
  behaviour = typeof next === "function" ? next : () => next;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => answer(new Request(input, init)));
}

/** workerd's words for a connection that is gone. */
const LOST = "Network connection lost.";

async function answer(request: Request): Promise<Response> {
  const one: Asked = { url: request.url, body: "", headers: request.headers, written: 0, over: null };
  asked.push(one);
  const closed = new Promise<"closed">((resolve) => {
    request.signal.addEventListener("abort", () => {
      one.over ??= "closed";
      resolve("closed");
    });
  });
  one.body = await request.clone().text();
  const { status = 200, headers = {}, silentMs = 0, chunks = [], pauseMs = 0, ending = "end" } = behaviour(one);
  if ((await Promise.race([scheduler.wait(silentMs), closed])) === "closed") throw new Error(LOST);
  const left = [...chunks];
  const readable = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      let chunk = left.shift();
      let waitMs = pauseMs;
      for (; typeof chunk === "number" || typeof chunk === "function"; chunk = left.shift()) {
        if (typeof chunk === "number") waitMs += chunk;
        else await Promise.race([chunk(), closed]);
      }
      if (chunk !== undefined) {
        const gone = waitMs > 0 && (await Promise.race([scheduler.wait(waitMs), closed])) === "closed";
        if (gone) return close(controller);
        controller.enqueue(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk.slice());
        one.written++;
        return;
      }
      if (ending === "hang") await closed;
      one.over ??= "ended";
      close(controller);
    },
    cancel() {
      one.over ??= "closed";
    },
  });
  return new Response(readable, { status, headers: { "content-type": "text/event-stream", ...headers } });
}

/** A closed connection ends the body here. A real one breaks it, which only the front tests can show. */
function close(controller: ReadableByteStreamController): void {
  controller.close();
  controller.byobRequest?.respond(0);
}

let accounts = 0;

/** An account at the faked upstream, `https://<name>.test`. */
export async function makeAccount(fields: Record<string, unknown> = {}): Promise<{ id: string; origin: string }> {
  const origin = `https://upstream-${accounts++}.test`;
  const { status, body } = await asAdmin("POST", "/admin/accounts", {
    name: origin,
    platform: "anthropic",
    kind: "api-key",
    base_url: origin,
    api_key: "sk-upstream",
    ...fields,
  });
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  return { id: body.id, origin };
}

/** Removes every account, so that a test has only those that it creates. */
export async function removeAccounts(): Promise<void> {
  const { body } = await asAdmin("GET", "/admin/accounts?limit=100");
  for (const { id } of body.items) await asAdmin("DELETE", `/admin/accounts/${id}`);
}

export async function makeKey(fields: Record<string, unknown> = {}): Promise<{ id: string; key: string }> {
  const { status, body } = await asAdmin("POST", "/admin/api-keys", { name: "test", ...fields });
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  return { id: body.id, key: body.api_key };
}

export interface Asking {
  path?: string;
  body?: Record<string, unknown>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A Messages request through the front door, streamed unless `body` says otherwise. */
export function ask(key: string, { path = "/v1/messages", body = {}, headers = {}, signal }: Asking = {}) {
  const minimal = {
    model: "claude-sonnet-4-5",
    max_tokens: 100,
    stream: true,
    messages: [{ role: "user", content: "hello" }],
  };
  const request = new Request(`https://relay.test${path}`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json", ...headers },
    body: JSON.stringify({ ...minimal, ...body }),
    ...(signal && { signal }),
  });
  return exports.default.fetch(request);
}

/** The live figures of a key, including what this isolate has not settled yet. */
export async function report(keyId: string): Promise<Report> {
  await sendPendingSettlements(env, keyId);
  const found = await env.GATE.getByName(keyId).report(keyId);
  if (!found) throw new Error(`no report of ${keyId}`);
  return found;
}

/** The rows of a key in the request log, newest first, including what its gate still held. */
export async function rows(keyId: string): Promise<Record<string, unknown>[]> {
  await sendPendingSettlements(env, keyId);
  await env.GATE.getByName(keyId).flush();
  const { results } = await env.DB.prepare("SELECT * FROM requests WHERE key_id = ? ORDER BY id DESC")
    .bind(keyId)
    .all();
  return results;
}

/**
 * Makes timers of these milliseconds run out at once, including the relay's, and moves the clock forward by their time. A pair stands for
 * everything in between.
 */
export function hurry(...hurried: (number | [least: number, most: number])[]): void {
  const realTimeout = globalThis.setTimeout;
  const realNow = Date.now;
  const ranges = hurried.map((ms) => (typeof ms === "number" ? [ms, ms] : ms));
  let later = 0;
  const quick = (run: () => void, ms = 0) => {
    if (!ranges.some(([least = 0, most = 0]) => ms >= least && ms <= most)) return realTimeout(run, ms);
    return realTimeout(() => {
      later += ms;
      run();
    }, 50);
  };
  vi.spyOn(globalThis, "setTimeout").mockImplementation(quick as typeof setTimeout);
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + later);
}

/** The same for repeated timers of this interval. The returned function waits for so many further looks, however slow the machine is. */
export function hurryInterval(ms: number): (looks: number) => Promise<unknown> {
  const realInterval = globalThis.setInterval;
  const realNow = Date.now;
  let [later, looked] = [0, 0];
  const quick = (run: () => void, every = 0) => {
    if (every !== ms) return realInterval(run, every);
    return realInterval(() => {
      later += ms;
      run();
      looked++;
    }, 20);
  };
  vi.spyOn(globalThis, "setInterval").mockImplementation(quick as typeof setInterval);
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + later);
  return (looks) => {
    const enough = looked + looks;
    return until(() => looked >= enough);
  };
}

/** Waits until something holds; the machine may be slow. */
export function until(holds: () => unknown): Promise<unknown> {
  return vi.waitUntil(holds, { timeout: 60_000, interval: 5 });
}

/** Waits until no lease of the key is held, and fails if one stays. */
export async function leasesFreed(keyId: string): Promise<void> {
  await eventually(async () => {
    const { leases } = await report(keyId);
    if (leases.length > 0) throw new Error(`${leases.length} leases of the key are still held`);
  });
}

/** The only row of a key, once its request is completely finished. */
export async function settledOnce(keyId: string): Promise<Record<string, unknown>> {
  await leasesFreed(keyId);
  const [row = {}, ...others] = await eventually(async () => {
    const found = await rows(keyId);
    if (found.length === 0) throw new Error("no row yet");
    return found;
  });
  if (others.length > 0) throw new Error(`${others.length} rows too many`);
  const { totals } = await report(keyId);
  if (totals.requests !== 1) throw new Error(`${totals.requests} requests are counted`);
  return row;
}
