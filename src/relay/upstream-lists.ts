/**
 * What the upstreams of accounts list as their models, remembered for each account. Claude Code waits three seconds for a
 * list, and an upstream may take longer; so a client waits here for one second at the most, and a list that comes later
 * serves the next client. Knows nothing of keys and their rules.
 */
import { DAY_MS, MINUTE_MS } from "../ground/durations.ts";
import type { Account } from "../pool/account.ts";
import type { Candidate } from "../pool/choose.ts";
import type { Pool } from "../pool/pool.ts";
import { WIRE } from "../protocols/wire.ts";
import { Remembered } from "../store/remembered.ts";
import type { Call } from "./call.ts";
import { type Reached, reach } from "./failover.ts";
import { readModelList } from "./models.ts";
import { noResources } from "./resources.ts";

/** An upstream's list: as it was written, and what is in it. */
export interface UpstreamList {
  reached: Reached;
  list: Record<string, unknown>;
}

/** What was found: a list, or the answer of an upstream that gave none; null if none has answered yet. */
export type Listed = { kind: "list"; value: UpstreamList } | { kind: "failed"; reached: Reached } | null;

/** The most that a client waits. */
const LONGEST_WAIT_MS = 1_000;
/** How long a read in the background may take before another one is begun. */
const READ_MS = 20_000;
/** Providers publish models by the week; an account's own upstream is looked at again this often while lists are asked. */
const FRESH_MS = 5 * MINUTE_MS;
const USABLE_MS = DAY_MS;
/** Accounts times pages; an isolate has 128 MB for everything. */
const MOST_LISTS = 64;
const LARGEST_LIST_BYTES = 512 * 1024;

const lists = new Map<string, Remembered<UpstreamList>>();

class NoList extends Error {
  constructor(readonly reached: Reached | null) {
    super("an upstream gave no list of models");
  }
}

/**
 * The list of the first of `candidates` that has one. `known` are accounts whose remembered list will do if no upstream
 * can be asked.
 */
export async function listed(
  call: Call,
  pool: Pool,
  candidates: readonly Candidate[],
  known: readonly Account[],
): Promise<Listed> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), LONGEST_WAIT_MS);
  });
  try {
    const found = await Promise.race([firstOf(call, pool, candidates), limit]);
    if (found?.kind === "list") return found;
    const remembered = known.map((account) => lists.get(keyOf(call, account))?.value).find(Boolean);
    return remembered ? { kind: "list", value: remembered } : found;
  } finally {
    clearTimeout(timer);
  }
}

async function firstOf(call: Call, pool: Pool, candidates: readonly Candidate[]): Promise<Listed> {
  const startedAt = Date.now();
  let failed: Listed = null;
  for (const candidate of candidates) {
    if (Date.now() - startedAt > LONGEST_WAIT_MS) break;
    try {
      const value = await listOf(call, candidate.account).get(() => read(call, pool, candidate), Date.now());
      return { kind: "list", value };
    } catch (error) {
      if (!(error instanceof NoList)) continue;
      if (error.reached) failed = { kind: "failed", reached: error.reached };
      // A fault of the request is the same at every account.
      if (error.reached?.fault?.class === "request") return failed;
    }
  }
  return failed;
}

/** Beyond `MOST_LISTS` the list that was asked for longest ago goes first. */
function listOf(call: Call, account: Account): Remembered<UpstreamList> {
  const key = keyOf(call, account);
  const list =
    lists.get(key) ??
    new Remembered<UpstreamList>({
      name: `models of ${account.id}`,
      freshMs: () => FRESH_MS,
      usableMs: USABLE_MS,
      patienceMs: READ_MS,
    });
  lists.delete(key);
  lists.set(key, list);
  for (const oldest of lists.keys()) {
    if (lists.size <= MOST_LISTS) break;
    lists.delete(oldest);
  }
  return list;
}

/** An account with another address or other keys has another list; so has another page. */
function keyOf({ route, search }: Call, { id, baseUrl, apiKeys }: Account): string {
  return JSON.stringify([id, baseUrl, apiKeys.map((key) => key.id), route.upstreamPath, search]);
}

async function read(call: Call, pool: Pool, candidate: Candidate): Promise<UpstreamList> {
  // The client may leave, or be answered, long before this read ends: it has a signal and resources of its own.
  const { url, method } = call.http;
  const headers = new Headers(call.http.headers);
  // Other clients use the list too, so the timeout of this one does not count.
  headers.delete("x-stainless-timeout");
  const own = { ...call, http: new Request(url, { method, headers }), startedAt: Date.now(), resources: noResources() };
  const reached = await reach(own, null, pool, [candidate]);
  if (!reached) throw new NoList(null);
  const { sent, fault, lease } = reached;
  if (sent.kind === "stream") sent.stream.abort();
  await lease?.release(0);
  const alone = { ...reached, lease: null };
  if (fault || sent.kind !== "whole" || sent.body.length > LARGEST_LIST_BYTES) throw new NoList(alone);
  const list = readModelList(WIRE[reached.target.protocol].models, new TextDecoder().decode(sent.body));
  if (!list) throw new NoList(alone);
  return { reached: alone, list };
}
