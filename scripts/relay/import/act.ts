/**
 * Carries a plan out at a relay: accounts, then groups, then keys, because each refers to those before it. One that is refused does not
 * keep the others from being created. It may break off at any moment: another run finds what exists and continues.
 */
import { IMPORTED_AT_ONCE } from "../../../src/keys/legacy-key.ts";
import { ask } from "../client.ts";
import type { Failure, Outcome } from "../failure.ts";
import type { Relay } from "../relay-session.ts";
import type { KeyBody, KeyDraft } from "./draft.ts";
import { type Here, markOf, type Plan } from "./plan.ts";

export interface Failed {
  about: "account" | "group" | "key";
  name: string;
  reason: string;
}

export interface Done {
  created: { accounts: number; groups: number; keys: number };
  /** Existed already, and stay unchanged. */
  here: { accounts: number; groups: number; keys: number };
  failed: Failed[];
}

interface Work {
  relay: Relay;
  plan: Plan;
  here: Here;
  done: Done;
  signal: AbortSignal;
  progress(text: string): void;
}

export async function act(
  relay: Relay,
  plan: Plan,
  here: Here,
  { signal, progress }: Pick<Work, "signal" | "progress">,
): Promise<Outcome<Done>> {
  const done: Done = {
    created: { accounts: 0, groups: 0, keys: 0 },
    here: { accounts: 0, groups: 0, keys: 0 },
    failed: [],
  };
  const work: Work = { relay, plan, here, done, signal, progress };
  const accounts = await makeAccounts(work);
  if (!accounts.ok) return accounts;
  const groups = await makeGroups(work, accounts.value);
  if (!groups.ok) return groups;
  const keys = plan.keysBlocked === null ? await makeKeys(work, accounts.value, groups.value) : null;
  return keys && !keys.ok ? keys : { ok: true, value: done };
}

/** The ids of accounts by their refs: those created now, and those imported earlier, from this or another export. */
async function makeAccounts({
  relay,
  plan,
  here,
  done,
  signal,
  progress,
}: Work): Promise<Outcome<Map<string, string>>> {
  const prefix = markOf(plan.source, "");
  const ids = new Map(
    [...here.accounts].filter(([mark]) => mark.startsWith(prefix)).map(([mark, id]) => [mark.slice(prefix.length), id]),
  );
  const wanted = plan.accounts.filter(({ standing }) => standing.is === "new");
  done.here.accounts = plan.accounts.filter(({ standing }) => standing.is === "here").length;
  for (const [at, { draft, body }] of wanted.entries()) {
    progress(`account ${at + 1} of ${wanted.length}: ${body.name}`);
    const made = await ask(relay.client.admin.accounts.$post({ json: body }));
    if (made.ok) {
      ids.set(draft.ref, made.value.id);
      done.created.accounts++;
    } else if (isFinal(made.refusal, signal)) return brokenOff(made.refusal, done);
    else done.failed.push({ about: "account", name: body.name, reason: made.refusal.message });
  }
  return { ok: true, value: ids };
}

/** The ids of groups by their refs. An existing group gets the members that it lacks. */
async function makeGroups(
  { relay, plan, here, done, signal, progress }: Work,
  accounts: ReadonlyMap<string, string>,
): Promise<Outcome<Map<string, string>>> {
  const ids = new Map<string, string>();
  for (const { draft } of plan.groups) {
    const members = draft.members.flatMap((ref) => accounts.get(ref) ?? []);
    const known = here.groups.get(draft.name);
    progress(`group ${draft.name}`);
    const { groups } = relay.client.admin;
    const account_ids = [...new Set([...(known?.members ?? []), ...members])];
    const made = known
      ? account_ids.length === known.members.length
        ? { ok: true as const, value: known }
        : await ask(groups[":id"].$patch({ param: { id: known.id }, json: { account_ids } }))
      : await ask(groups.$post({ json: { name: draft.name, account_ids } }));
    if (made.ok) {
      ids.set(draft.ref, made.value.id);
      done[known ? "here" : "created"].groups++;
    } else if (isFinal(made.refusal, signal)) return brokenOff(made.refusal, done);
    else done.failed.push({ about: "group", name: draft.name, reason: made.refusal.message });
  }
  return { ok: true, value: ids };
}

async function makeKeys(
  work: Work,
  accounts: ReadonlyMap<string, string>,
  groups: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const { plan, done, progress } = work;
  const bodies: KeyBody[] = [];
  for (const { draft, standing } of plan.keys) {
    const bound = standing.is === "refused" ? null : bindingOf(draft, accounts, groups);
    if (bound) bodies.push({ ...draft.body, ...bound });
    else if (standing.is !== "refused") {
      done.failed.push({
        about: "key",
        name: draft.body.name,
        reason: "the account or group that it is bound to is not here",
      });
    }
  }
  for (let at = 0; at < bodies.length; at += IMPORTED_AT_ONCE) {
    const batch = bodies.slice(at, at + IMPORTED_AT_ONCE);
    progress(`keys ${at + 1} to ${at + batch.length} of ${bodies.length}`);
    const sent = await sendKeys(work, batch);
    if (sent.ok) continue;
    if (isFinal(sent.refusal, work.signal)) return brokenOff(sent.refusal, done);
    // One of the keys prevents the others from being accepted, so each is sent by itself.
    for (const body of batch) {
      const alone = await sendKeys(work, [body]);
      if (alone.ok) continue;
      if (isFinal(alone.refusal, work.signal)) return brokenOff(alone.refusal, done);
      done.failed.push({ about: "key", name: body.name, reason: alone.refusal.message });
    }
  }
  return { ok: true, value: null };
}

async function sendKeys({ relay, plan, here, done }: Work, keys: KeyBody[]): Promise<Outcome> {
  const fingerprint = here.pepperFingerprint;
  const sent = await ask(
    relay.client.admin["api-keys"].import.$post({
      json: { imported_from: plan.source, keys, ...(fingerprint !== null && { pepper_fingerprint: fingerprint }) },
    }),
  );
  if (!sent.ok) return sent;
  for (const [at, { outcome, used_told }] of sent.value.results.entries()) {
    done[outcome === "created" ? "created" : "here"].keys++;
    if (!used_told) {
      const reason = "is here, but its gate did not answer and lacks what it had used before: import it again";
      done.failed.push({ about: "key", name: keys[at]?.name ?? "", reason });
    }
  }
  return sent;
}

/** What the key is bound to here; null: to something that does not exist here, so the key may not be created. */
function bindingOf(
  { bound }: KeyDraft,
  accounts: ReadonlyMap<string, string>,
  groups: ReadonlyMap<string, string>,
): Partial<KeyBody> | null {
  if (!bound) return {};
  if ("account" in bound) {
    const id = accounts.get(bound.account);
    return id === undefined ? null : { bound_account_id: id };
  }
  const id = groups.get(bound.group);
  return id === undefined ? null : { bound_group_id: id };
}

/** Whether the next one would fail in the same way: nothing answers, or somebody has stopped it. */
function isFinal({ exit }: Failure, signal: AbortSignal): boolean {
  return signal.aborted || exit === "unreachable" || exit === "notSignedIn" || exit === "interrupted";
}

function brokenOff(failure: Failure, { created }: Done): { ok: false; refusal: Failure } {
  const { accounts, groups, keys } = created;
  const advice = `${accounts} accounts, ${groups} groups and ${keys} keys were made before that. Run the same line again: it goes on from there.`;
  return { ok: false, refusal: { ...failure, advice: [failure.advice, advice].filter(Boolean).join(" ") } };
}
