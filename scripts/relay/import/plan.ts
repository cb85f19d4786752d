/**
 * What an import would do at a relay: what of a draft exists already, what is new, and what the relay would refuse. Pure; `here.ts` asks
 * the relay.
 */
import type * as z from "zod";
import { givenCredentials } from "../../../src/admin/accounts/kind.ts";
import { createAccountBody } from "../../../src/admin/accounts/schema.ts";
import { importApiKeysBody } from "../../../src/admin/keys/import-schema.ts";
import { kindOf } from "../../../src/providers/kinds.ts";
import type { AccountBody, AccountDraft, Draft, Finding, GroupDraft, KeyDraft } from "./draft.ts";

/** What exists at the relay. */
export interface Here {
  /** The ids of accounts that were imported before, by their `markOf`. */
  accounts: ReadonlyMap<string, string>;
  /** By name. */
  groups: ReadonlyMap<string, { id: string; members: readonly string[] }>;
  /** Ids of keys that were imported before. */
  keys: ReadonlySet<string>;
  /** That of the relay's LEGACY_KEY_PEPPER; null: it has none. */
  pepperFingerprint: string | null;
}

export interface Choices {
  /** Whether the terms of the providers whose sign-ins are imported were read. */
  termsAcknowledged: boolean;
  /** Whether sign-ins also serve keys of others than their owner. */
  share: boolean;
}

/** `waits`: somebody must first accept the provider's terms. */
export type Standing = { is: "new" } | { is: "here"; id: string } | { is: "waits" } | { is: "refused"; reason: string };

export interface Plan {
  source: string;
  accounts: { draft: AccountDraft; body: AccountBody; standing: Standing }[];
  groups: { draft: GroupDraft; standing: Standing }[];
  keys: { draft: KeyDraft; standing: Standing }[];
  findings: Finding[];
  /** Why no key can be imported; null if some can, or there are none. */
  keysBlocked: string | null;
}

/** The id that a key will have here, before it is sent. Null: only the relay can tell it. */
export type KeyIdOf = (draft: KeyDraft) => string | null;

export function planOf(draft: Draft, here: Here, choices: Choices, keyIdOf: KeyIdOf, fingerprint: string | null): Plan {
  return {
    source: draft.source,
    accounts: draft.accounts.map((account) => {
      const body = bodyFor(draft.source, account, choices);
      return { draft: account, body, standing: accountStanding(draft.source, account, body, here, choices) };
    }),
    groups: draft.groups.map((group) => {
      const known = here.groups.get(group.name);
      return { draft: group, standing: known ? { is: "here", id: known.id } : { is: "new" } };
    }),
    keys: draft.keys.map((key) => ({ draft: key, standing: keyStanding(draft.source, key, here, keyIdOf(key)) })),
    findings: draft.findings,
    keysBlocked: draft.keys.length === 0 ? null : blockOf(here.pepperFingerprint, fingerprint),
  };
}

/** The line in an account's note by which it is recognised. */
export function markOf(source: string, ref: string): string {
  return `Imported from ${source}: ${ref}`;
}

/** All such lines of a note. */
export function marksIn(note: string): string[] {
  return note.split("\n").filter((line) => line.startsWith("Imported from "));
}

/** The longest note that the API accepts. */
const LONGEST_NOTE = 2_000;

function bodyFor(source: string, { ref, body }: AccountDraft, { termsAcknowledged, share }: Choices): AccountBody {
  const mark = markOf(source, ref);
  const own = (body.note ?? "").slice(0, LONGEST_NOTE - mark.length - 1);
  const signIn = body.oauth !== undefined;
  return {
    ...body,
    note: own === "" ? mark : `${own}\n${mark}`,
    ...(signIn && termsAcknowledged && { terms_acknowledged: true }),
    ...(signIn && share && { shared: true }),
  };
}

function accountStanding(
  source: string,
  draft: AccountDraft,
  body: AccountBody,
  here: Here,
  choices: Choices,
): Standing {
  const id = here.accounts.get(markOf(source, draft.ref));
  if (id !== undefined) return { is: "here", id };
  const reason = refusalOf(body);
  if (reason !== null) return { is: "refused", reason };
  return body.oauth !== undefined && !choices.termsAcknowledged ? { is: "waits" } : { is: "new" };
}

/** What the relay would find wrong with the fields; null: nothing. No message repeats a value. */
function refusalOf(body: AccountBody): string | null {
  const read = createAccountBody.safeParse({ ...body, terms_acknowledged: true });
  if (!read.success) return problemsIn(read.error);
  const kind = kindOf(read.data.platform, read.data.kind);
  if (!kind) return `there is no ${body.platform} × ${body.kind} here`;
  const given = givenCredentials(kind, read.data);
  return given.ok ? null : given.refusal.map(({ field, message }) => `${field}: ${message}`).join("; ");
}

function keyStanding(source: string, { body }: KeyDraft, here: Here, id: string | null): Standing {
  if (id !== null && here.keys.has(id)) return { is: "here", id };
  const read = importApiKeysBody.safeParse({ imported_from: source, keys: [body] });
  return read.success ? { is: "new" } : { is: "refused", reason: problemsIn(read.error) };
}

function problemsIn({ issues }: z.core.$ZodError): string {
  return issues
    .map(({ path, message }) =>
      [path.filter((part) => part !== "keys" && part !== 0).join("."), message].filter(Boolean).join(": "),
    )
    .join("; ");
}

function blockOf(relays: string | null, given: string | null): string | null {
  if (relays === null) {
    return "LEGACY_KEY_PEPPER is not set at the relay: claude-relay-service's ENCRYPTION_KEY, or any text of your own for keys of other relays (npx wrangler secret put LEGACY_KEY_PEPPER --config .deploy/wrangler.json; a local relay: .dev.vars)";
  }
  if (given === null || relays === given) return null;
  return "the relay's LEGACY_KEY_PEPPER is another text than the ENCRYPTION_KEY that you gave: no key would work";
}
