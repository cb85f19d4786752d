/**
 * The checks of an account's egress that need the Worker's settings, and the headers for its gateway or binding. These are sealed for
 * that way out, and are removed when it changes.
 */
import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { destinationOf, type Way } from "../../providers/destination.ts";
import type { Egress } from "../../providers/egress.ts";
import { checkUpstreamUrl } from "../../providers/upstream-address.ts";
import { egressHeaders } from "../../store/schema.ts";
import { bindingProblem } from "../../vault/exit.ts";
import { egressHeadersPlace } from "../../vault/places.ts";
import { seal } from "../../vault/seal.ts";
import type { FieldProblem } from "../api/refusal.ts";
import type { AccountChoice } from "./choice.ts";
import { stillAt } from "./credentials.ts";

/** The problems that only the Worker's settings show. `way`: the account's, after the change. */
export function egressProblems(
  env: Env,
  given: { egress?: Egress | undefined; egress_headers?: Record<string, string> | undefined },
  way: Egress,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (given.egress?.via === "gateway") {
    const url = checkUpstreamUrl(given.egress.baseUrl, { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" });
    if (!url.ok) problems.push({ field: "egress.base_url", message: url.refusal });
  }
  if (given.egress?.via === "binding") {
    const message = bindingProblem(env, given.egress.name);
    if (message !== null) problems.push({ field: "egress.name", message });
  }
  if (way.via === "direct" && Object.keys(given.egress_headers ?? {}).length > 0) {
    problems.push({
      field: "egress_headers",
      message: "are for a gateway or a binding: the provider gets extra_headers",
    });
  }
  return problems;
}

interface HeadersRow {
  accountId: string;
  names: string[];
  sealed: string;
}

/** The row for the given headers; null for none. */
export async function sealedHeaders(
  env: Env,
  account: { id: string } & Way,
  given: Record<string, string>,
): Promise<HeadersRow | null> {
  const names = Object.keys(given).sort();
  if (names.length === 0) return null;
  const sealed = await seal(JSON.stringify(given), egressHeadersPlace(account), env.ENCRYPTION_KEY);
  return { accountId: account.id, names, sealed };
}

/** Whether what was sealed for one way out would be sent through another. */
export function leadsElsewhere(from: Way, to: Way): boolean {
  return destinationOf(from) !== destinationOf(to);
}

/** The statements that replace the stored row by `row`, if the account is still at `version`. */
export function replaceHeaders(env: Env, accountId: string, version: number, row: HeadersRow | null) {
  const db = drizzle(env.DB);
  const gone = db
    .delete(egressHeaders)
    .where(sql`${eq(egressHeaders.accountId, accountId)} and ${stillAt(accountId, version)}`);
  if (!row) return [gone];
  const { names, sealed } = row;
  const made = db
    .insert(egressHeaders)
    .select(sql`select ${accountId}, ${JSON.stringify(names)}, ${sealed} where ${stillAt(accountId, version)}`);
  return [gone, made];
}

/** The headers of an account, in the form that `exitOf` opens; null: none. */
export async function egressHeadersOf(env: Env, accountId: string): Promise<string | null> {
  const rows = drizzle(env.DB).select().from(egressHeaders).where(eq(egressHeaders.accountId, accountId));
  return (await rows.get())?.sealed ?? null;
}

/** Names of headers by account, in one query. The ids travel as one JSON parameter, because D1 binds at most 100. */
export async function headerNamesOf(env: Env, chosen: AccountChoice): Promise<Map<string, string[]>> {
  const rows = await drizzle(env.DB).select().from(egressHeaders).where(chosen(egressHeaders.accountId));
  return new Map(rows.map(({ accountId, names }) => [accountId, names]));
}
