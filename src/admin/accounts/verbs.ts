/**
 * Upstream accounts: creating, listing, changing and deleting them. Secrets are sealed before they reach D1 and are never read back
 * here. Every change raises `snapshot_version` in its own transaction, so that other isolates reload.
 */
import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { again } from "../../ground/again.ts";
import { recordId } from "../../ground/record-id.ts";
import { hasAccountOf } from "../../pool/keeper-rows.ts";
import type { Way } from "../../providers/destination.ts";
import { DIRECT, type Egress } from "../../providers/egress.ts";
import type { GivenCredential, Kind } from "../../providers/kind.ts";
import { kindOf } from "../../providers/kinds.ts";
import { checkUpstreamUrl } from "../../providers/upstream-address.ts";
import {
  accountAnswers,
  accountHealth,
  accounts,
  credentials,
  egressHeaders,
  groupMembers,
  modelGaps,
} from "../../store/schema.ts";
import { forgetSnapshot } from "../../store/snapshot.ts";
import { isOffered } from "../../vault/revocations.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { auditFormsOf, freshOf, valuesOf } from "../api/fields.ts";
import type { Page } from "../api/paging.ts";
import { readPage } from "../api/paging.ts";
import { conflict, type FieldProblem, invalid } from "../api/refusal.ts";
import { raiseSnapshotVersion } from "../api/snapshot-version.ts";
import { changesBetween } from "../audit/changes.ts";
import { auditChange } from "../audit/record.ts";
import { groupProblems, groupsOf, setGroups } from "../groups/members.ts";
import { boundTo } from "../keys/references.ts";
import { accountsBetween, oneAccount } from "./choice.ts";
import { deleteCredentials, forgetSignIn, hintsOf, insertCredentials, sealedRows, signInGiven } from "./credentials.ts";
import { egressProblems, headerNamesOf, leadsElsewhere, replaceHeaders, sealedHeaders } from "./egress.ts";
import { ACCOUNT_FIELDS } from "./fields.ts";
import { handOver, offerSignIn } from "./hand-over.ts";
import { chosenKind, givenCredentials } from "./kind.ts";
import { findProject, withoutProject } from "./project.ts";
import { accountWithSignIn, whileHeld } from "./same-sign-in.ts";
import type { AccountView, CreateAccount, DeletedView, ListAccounts, UpdateAccount } from "./schema.ts";
import { notConfigured } from "./sign-in-settings.ts";
import { accountView, accountViews, recordView } from "./views.ts";

type AccountRow = typeof accounts.$inferSelect;

const AUDIT_FORMS = auditFormsOf(ACCOUNT_FIELDS);

const NO_SUCH_ACCOUNT = { ok: false, refusal: { reason: "not_found", message: "There is no such account" } } as const;

/** One page of accounts, newest first. */
export async function listAccounts(context: VerbContext, input: ListAccounts): Promise<VerbResult<Page<AccountView>>> {
  const { env } = context;
  const db = drizzle(env.DB);
  const { search, cursor } = input;
  const filter = search ? sql`instr(lower(${accounts.name}), lower(${search})) > 0` : undefined;
  const behindCursor = cursor ? lt(accounts.id, cursor) : undefined;
  const { rows, next } = await readPage<AccountRow, string>({
    limit: input.limit,
    filtered: filter !== undefined,
    positionOf: (row) => row.id,
    positionAt: async (offset) => {
      const at = db.select({ id: accounts.id }).from(accounts).where(behindCursor).orderBy(desc(accounts.id));
      return (await at.limit(1).offset(offset).get())?.id ?? null;
    },
    rows: (end, limit) => {
      const found = db
        .select()
        .from(accounts)
        .where(and(behindCursor, end ? gte(accounts.id, end) : undefined, filter));
      return found.orderBy(desc(accounts.id)).limit(limit).all();
    },
  });
  const [newest, oldest] = [rows[0], rows.at(-1)];
  // Without a filter, the page is all accounts of a range of ids.
  const chosen = newest && oldest && !filter ? accountsBetween(oldest.id, newest.id) : undefined;
  return { ok: true, value: { items: await accountViews(context, rows, chosen), next_cursor: next } };
}

export async function readAccount(context: VerbContext, id: string): Promise<VerbResult<AccountView>> {
  const row = await drizzle(context.env.DB).select().from(accounts).where(eq(accounts.id, id)).get();
  return row ? { ok: true, value: await accountView(context, row) } : NO_SUCH_ACCOUNT;
}

/** An account that an input describes, checked, but stored nowhere yet. */
interface DraftAccount {
  kind: Kind;
  row: AccountRow;
  given: GivenCredential[];
}

/** `signIn`: what a sign-in has brought, in place of credentials in the input. */
export async function draftAccount(
  { env, now }: VerbContext,
  input: CreateAccount,
  signIn: GivenCredential[] = [],
): Promise<VerbResult<DraftAccount>> {
  const chosen = chosenKind(input.platform, input.kind);
  if (!chosen.ok) return chosen;
  const kind = chosen.value;
  const checked = await checkAccountInput(env, kind, {
    ...input,
    base_url: input.base_url ?? kind.baseUrl.official ?? undefined,
  });
  if (!checked.ok) return checked;
  const { baseUrl } = checked.value;
  const given = signIn.length > 0 ? signIn : checked.value.given;
  if (given.length === 0) {
    const [field, other] = kind.needs ?? (kind.oauth ? ["oauth", "credentials_file"] : ["api_key", "api_keys"]);
    return { ok: false, refusal: invalid({ field, message: `is required (or ${other})`, code: "required" }) };
  }
  if (baseUrl === undefined) {
    return { ok: false, refusal: invalid({ field: "base_url", message: "is required", code: "required" }) };
  }
  const row: AccountRow = {
    id: recordId("acc", now),
    platform: kind.platform,
    kind: kind.name,
    baseUrl,
    ...freshOf(ACCOUNT_FIELDS),
    ...valuesOf(ACCOUNT_FIELDS, input),
    createdAt: now,
    updatedAt: now,
  };
  return { ok: true, value: { kind, row, given } };
}

/** `signIn`: as for a draft. */
export async function createAccount(
  context: VerbContext,
  input: CreateAccount,
  signIn: GivenCredential[] = [],
): Promise<VerbResult<AccountView>> {
  const drafted = await draftAccount(context, input, signIn);
  if (!drafted.ok) return drafted;
  const { kind, given } = drafted.value;
  if (signIn.length > 0) return storeAccount(context, input, drafted.value);
  const { env, now } = context;
  const make = async () => {
    const other = await accountWithSignIn(env, kind, given);
    return other === null ? storeAccount(context, input, drafted.value) : signInTaken(other);
  };
  return whileHeld(env, given, now, make, conflict("Another request makes an account of this sign-in at this moment"));
}

function signInTaken(account: string) {
  return conflict(
    `This sign-in is account ${account}'s already, and its refresh token works once: sign in once more for another account`,
  );
}

async function storeAccount(
  context: VerbContext,
  input: CreateAccount,
  { kind, row, given }: DraftAccount,
): Promise<VerbResult<AccountView>> {
  const { env, now } = context;
  const db = drizzle(env.DB);
  const account = { ...row, kind };
  const sealed = await sealedRows(env, account, given, now);
  const headers = await sealedHeaders(env, account, input.egress_headers ?? {});
  // Before the account exists, so that no account is ever without its sign-in.
  const newGrant = signInGiven(account, sealed, given, now, false);
  const adopted = await handOver(env, account, newGrant, headers);
  if (!adopted.ok) {
    // A Keeper that did not answer finds out by itself. One that did may have stored that the sign-in has ended.
    if (adopted.refusal.reason !== "keeper_unreachable") await forgetSignIn(env, row.id, true);
    await db.delete(accountHealth).where(eq(accountHealth.accountId, row.id));
    return adopted;
  }
  const statements = [
    db.insert(accounts).values(row),
    auditChange(context, {
      action: "account.create",
      target: row.id,
      detail: { name: row.name },
      changes: changesBetween(null, recordView(row, sealed, input.group_ids ?? [], headers?.names), AUDIT_FORMS),
    }),
    insertCredentials(env, row.id, row.updatedAt, sealed),
    ...replaceHeaders(env, row.id, row.updatedAt, headers),
    ...(input.group_ids ? setGroups(env, row.id, input.group_ids) : []),
    raiseSnapshotVersion(env),
  ] as const;
  let isRepeated = false;
  await again(newGrant ? SPENT_PAUSES_MS : [], async () => {
    // The account may have been stored, and only the answer lost.
    const isThere = isRepeated && (await db.select().from(accounts).where(eq(accounts.id, row.id)).get());
    isRepeated = true;
    if (!isThere) await db.batch(statements);
  });
  forgetSnapshot();
  return { ok: true, value: await accountView(context, row) };
}

/** The pauses before D1 is asked again to store a sign-in: its code is spent, and D1 is usually away only for a moment. */
const SPENT_PAUSES_MS = [250, 1_000];

/** So many lost races in a row are no coincidence. */
const MAX_ROUNDS = 5;

/**
 * Changes the given fields. Keys, if given, replace all former ones. A base URL that leads elsewhere requires new keys, because stored
 * keys are sealed for the former address. Platform and kind never change.
 */
export async function updateAccount(
  context: VerbContext,
  id: string,
  input: UpdateAccount,
  signIn: GivenCredential[] = [],
): Promise<VerbResult<AccountView>> {
  const { env, now } = context;
  const db = drizzle(env.DB);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const row = await db.select().from(accounts).where(eq(accounts.id, id)).get();
    if (!row) return NO_SUCH_ACCOUNT;
    const kind = chosenKind(row.platform, row.kind);
    if (!kind.ok) return kind;
    const checked = await checkAccountInput(env, kind.value, input, row);
    if (!checked.ok) return checked;
    const { baseUrl } = checked.value;
    const given = signIn.length > 0 ? signIn : checked.value.given;
    const other = signIn.length > 0 ? null : await accountWithSignIn(env, kind.value, given, id);
    if (other !== null) return signInTaken(other);

    const next: AccountRow = {
      ...row,
      ...valuesOf(ACCOUNT_FIELDS, input),
      ...(baseUrl !== undefined && { baseUrl }),
      updatedAt: Math.max(now, row.updatedAt + 1),
    };
    const moves = leadsElsewhere(row, next);
    if (moves && given.length === 0) {
      const field = leadsElsewhere({ ...row, egress: next.egress }, next) ? "base_url" : "egress";
      return { ok: false, refusal: invalid({ field, message: NEEDS_KEYS }) };
    }
    const changedAccount = { ...next, kind: kind.value };
    const sealed = given.length > 0 ? await sealedRows(env, changedAccount, given, now) : undefined;
    // Headers that were entered for one way out are not sent through another.
    const replacesHeaders = moves || input.egress_headers !== undefined;
    const headers = await sealedHeaders(env, next, input.egress_headers ?? {});
    const [hints, memberships, names] = await Promise.all([
      hintsOf(env, oneAccount(id)),
      groupsOf(env, oneAccount(id)),
      headerNamesOf(env, oneAccount(id)),
    ]);
    const before = { hints, groups: memberships.map(({ groupId }) => groupId), headers: names.get(id) ?? [] };
    const after = {
      headers: replacesHeaders ? (headers?.names ?? []) : before.headers,
      hints: sealed ?? hints,
      groups: input.group_ids ? [...new Set(input.group_ids)].sort() : before.groups,
    };
    if (!sealed && next.projectId !== row.projectId) {
      // Before the change. If somebody else changes the account first, only this is repeated.
      const found = await findProject(env, changedAccount, hints[0]?.id ?? "", replacesHeaders ? headers : "stored");
      if (!found.ok) return found;
    }
    const isNew = signIn.length > 0;
    const newGrant = signInGiven(changedAccount, sealed ?? [], given, next.updatedAt, isNew);
    // Before the change, so that the account is never without the sign-in that it names.
    const offered = newGrant ? await offerSignIn(env, newGrant) : null;
    if (offered?.ok === false) return offered;
    const replacement = [
      ...(sealed ? [deleteCredentials(env, id, row.updatedAt), insertCredentials(env, id, row.updatedAt, sealed)] : []),
      ...(replacesHeaders ? replaceHeaders(env, id, row.updatedAt, headers) : []),
    ];
    const statements = [
      raiseSnapshotVersion(env),
      // Before the update, because these statements check for the version that it ends.
      ...replacement,
      db
        .update(accounts)
        .set(next)
        .where(and(eq(accounts.id, id), eq(accounts.updatedAt, row.updatedAt)))
        .returning({ id: accounts.id }),
      auditChange(context, {
        action: "account.update",
        target: id,
        detail: { name: row.name, fields: [...Object.keys(input), ...(isNew ? ["sign_in"] : [])] },
        changes: changesBetween(
          recordView(row, before.hints, before.groups, before.headers),
          recordView(next, after.hints, after.groups, after.headers),
          AUDIT_FORMS,
        ),
      }),
      ...(input.group_ids ? setGroups(env, id, input.group_ids) : []),
      // What another service refused, or the same service for another reason, no longer counts.
      ...(input.quirks || baseUrl !== undefined ? [db.delete(modelGaps).where(eq(modelGaps.accountId, id))] : []),
    ] as const;
    // If the change was made but its answer was lost, the repetition makes no change, and looks as if somebody else had changed the row.
    const batch = await again(newGrant ? SPENT_PAUSES_MS : [], () => db.batch(statements));
    forgetSnapshot();
    const changed = batch[1 + replacement.length];
    if (!Array.isArray(changed) || changed.length !== 1) continue;
    // After the change, which may be somebody else's: the account has the sign-in that its row names.
    const adopted = await handOver(env, changedAccount, newGrant, "stored");
    if (adopted.ok) return { ok: true, value: await accountView(context, next) };
    const { refusal } = adopted;
    return refusal.reason === "keeper_unreachable" ? adopted : { ok: false, refusal: withoutProject(refusal) };
  }
  return conflict("Others keep changing this account at the same moment; try again");
}

const NEEDS_KEYS =
  "leads another way: give api_key or api_keys (or sign in again) in the same request, because the stored keys are sealed for where they went until now";

/**
 * Deletes the account and its keys; the request log keeps its id. API keys that were bound to it are left without an upstream; the answer
 * tells how many. The provider is asked to revoke a sign-in if it offers that, but nobody waits for it.
 */
export async function deleteAccount(context: VerbContext, id: string): Promise<VerbResult<DeletedView>> {
  const { env } = context;
  const db = drizzle(env.DB);
  const row = await db.select().from(accounts).where(eq(accounts.id, id)).get();
  if (!row) return NO_SUCH_ACCOUNT;
  const { keys: bound_keys } = await boundTo(env, "account", id);
  const [hints, memberships] = await Promise.all([hintsOf(env, oneAccount(id)), groupsOf(env, oneAccount(id))]);
  const groups = memberships.map(({ groupId }) => groupId);
  const before = recordView(row, hints, groups);
  await db.batch([
    db.delete(accounts).where(eq(accounts.id, id)),
    auditChange(context, {
      action: "account.delete",
      target: id,
      detail: { name: row.name, bound_keys },
      changes: changesBetween(before, null, AUDIT_FORMS),
    }),
    db.delete(credentials).where(eq(credentials.accountId, id)),
    db.delete(groupMembers).where(eq(groupMembers.accountId, id)),
    db.delete(accountHealth).where(eq(accountHealth.accountId, id)),
    db.delete(accountAnswers).where(eq(accountAnswers.accountId, id)),
    db.delete(modelGaps).where(eq(modelGaps.accountId, id)),
    db.delete(egressHeaders).where(eq(egressHeaders.accountId, id)),
    raiseSnapshotVersion(env),
  ]);
  forgetSnapshot();
  const sign_in_revocation = await revocationOf(env, row);
  if (sign_in_revocation !== null) await forgetSignIn(env, id, sign_in_revocation === "withheld");
  return { ok: true, value: { id, deleted: true, bound_keys, sign_in_revocation } };
}

/** What happens to an account's sign-in at its provider after the account is deleted. */
async function revocationOf(env: Env, { platform, kind }: AccountRow): Promise<DeletedView["sign_in_revocation"]> {
  const flow = kindOf(platform, kind)?.oauth;
  if (!flow) return null;
  if (!isOffered(env, { platform, kind })) return "not_offered";
  if (!flow.revokes?.others) return "requested";
  // That account's sign-in may be of the same person, and would end with this one.
  const another = await hasAccountOf(env, { platform, kind });
  return another ? "withheld" : "requested";
}

/** For an address that is complete without a model or a version. */
const NOWHERE = { model: "", apiVersion: "" };

interface Checked {
  baseUrl: string | undefined;
  /** Empty if the account keeps its credentials. */
  given: GivenCredential[];
}

/** All checks that need more than the shape of a single field. */
export async function checkAccountInput(
  env: Env,
  kind: Kind,
  input: UpdateAccount,
  current: (Way & { egress: Egress }) | null = null,
): Promise<VerbResult<Checked>> {
  const problems: FieldProblem[] = [];
  const given = givenCredentials(kind, input);
  const ofCredentials = given.ok ? kind.baseUrl.ofCredentials?.(given.value, current?.baseUrl ?? null) : undefined;
  const baseUrl = (input.base_url && kind.baseUrl.normalise(input.base_url)) ?? ofCredentials ?? undefined;
  if (baseUrl !== undefined) {
    const address = kind.baseUrl.isExact(baseUrl) ? kind.url(baseUrl, kind.protocols[0], "", NOWHERE) : baseUrl;
    const url = checkUpstreamUrl(address ?? baseUrl, { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" });
    if (!url.ok) problems.push({ field: "base_url", message: url.refusal });
  }
  if (input.api_version && kind.apiVersions?.isOne(input.api_version) === false) {
    problems.push({ field: "api_version", message: "is not a version of this provider's API" });
  }
  problems.push(...egressProblems(env, input, input.egress ?? current?.egress ?? DIRECT));
  if (input.project_id && !kind.oauth?.project) {
    problems.push({ field: "project_id", message: "is for accounts that are signed in to Google" });
  }
  problems.push(...(await groupProblems(env, input.group_ids)));
  if (!given.ok) problems.push(...given.refusal);
  if (problems.length > 0 || !given.ok) return { ok: false, refusal: invalid(...problems) };
  const renewed = kind.oauth?.refresh && given.value.length > 0 ? kind.oauth : null;
  const missing = renewed && notConfigured(env, renewed, "renewal");
  if (missing) return { ok: false, refusal: missing };
  return { ok: true, value: { baseUrl, given: given.value } };
}
