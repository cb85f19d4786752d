/**
 * Restores keys. Each key's gate gets its figures before the row is here, so that no request of the key is admitted before its limits
 * hold. The key itself is sealed anew. `key_secrets` decides whether it is recognised.
 */

import type { WholeFigures } from "../gate/whole-figures.ts";
import { again } from "../ground/again.ts";
import { isObject, parse } from "../ground/json.ts";
import { apiKeyId } from "../keys/api-key.ts";
import { forgetLegacyKeys, gatherLegacyKeys } from "../store/legacy-keys.ts";
import { apiKeys } from "../store/schema.ts";
import { apiKeyPlace } from "../vault/places.ts";
import { seal } from "../vault/seal.ts";
import type { Value } from "./file/page.ts";
import { KEY_COLUMNS } from "./parts.ts";
import { columnProblem, insertSealed, type NamedRow, namedRows, notHere, unreadable } from "./rows.ts";
import { LATEST_MS, valueProblem } from "./values.ts";
import type { GivenRows, WriteResult, Written } from "./write.ts";

const NEEDED = ["id", "name", "policy", "figures", "created_at", "updated_at"];
/** What a page has of a key besides its row. */
const BESIDE = ["figures", "unflushed"];
const PAUSES_MS = [0, 250];
/** Ids of imported keys are read back from one joined text, in which an id of another length would shift those after it. */
const ID = /^[0-9a-f]{32}$/;

export async function writeKeys(env: Env, given: GivenRows): Promise<WriteResult> {
  const problem = columnProblem(given, NEEDED, [...KEY_COLUMNS, ...BESIDE]) ?? valueProblem(apiKeys, given);
  if (problem !== null) return unreadable(problem);
  const rows = namedRows(given);
  if (!rows.every((row) => ID.test(row.text("id")))) return unreadable("api_keys has a row whose id is no key's id");
  const news = await notHere(env.DB, "api_keys", rows);
  const kept = rows.length - news.length;
  if (given.dryRun) return { ok: true, value: { made: news.length, kept, renamed: [], lacking: [] } };

  const lacking: Written["lacking"] = [];
  const carried = given.columns.filter((column) => KEY_COLUMNS.includes(column));
  const sealed: Value[][] = [];
  for (const row of news) {
    const id = row.text("id");
    // The id of an imported key follows from its pepper, and often nobody has the key itself.
    const isImported = row.text("imported_from") !== "";
    if (!isImported && row.secret !== null && (await apiKeyId(row.secret)) !== id) {
      return unreadable(`${id} is not the id of its key`);
    }
    if (!isImported && row.secret === null) lacking.push({ id, reason: "no_secret" });
    // A key that cannot be shown again can still be used.
    const seals = row.secret === null ? "" : await seal(row.secret, apiKeyPlace(id), env.ENCRYPTION_KEY);
    sealed.push([...carried.map((column) => row.of(column)), seals]);
  }
  let figures: Awaited<ReturnType<typeof goOnFrom>>[];
  try {
    figures = await Promise.all(news.map((row) => goOnFrom(env, row)));
  } catch {
    return { ok: false, refusal: { fault: "gate_unreachable" } };
  }
  for (const [at, row] of news.entries()) {
    if (figures[at] === "unreadable") return unreadable(`the figures of ${row.text("id")} cannot be read`);
    if (figures[at] === "kept") lacking.push({ id: row.text("id"), reason: "figures_kept" });
  }
  const insert = insertSealed(env.DB, given, KEY_COLUMNS, sealed);
  const areImported = news.some((row) => row.text("imported_from") !== "");
  const [inserted] = await env.DB.batch([insert, ...(areImported ? [gatherLegacyKeys(env)] : [])]);
  if (areImported) forgetLegacyKeys();
  const made = inserted?.meta.changes ?? 0;
  return { ok: true, value: { made, kept: rows.length - made, renamed: [], lacking } };
}

/** Gives the figures to the key's gate, if it has none. A key that was never used has no figures. Throws if the gate does not answer. */
async function goOnFrom(env: Env, row: NamedRow): Promise<"carried" | "kept" | "unreadable"> {
  const text = row.text("figures");
  if (text === "") return "carried";
  const figures = figuresIn(parse(text));
  if (!figures) return "unreadable";
  const id = row.text("id");
  // A stub that has failed stays broken, so each try has its own.
  const now = await again(PAUSES_MS, () => env.GATE.getByName(id).goOnFrom(id, figures));
  return sameFigures(now, figures) ? "carried" : "kept";
}

function figuresIn(value: unknown): WholeFigures | null {
  if (!isObject(value)) return null;
  const { firstUsedAt, window, day, week, totals } = value;
  const spans = [window, day, week].every((part) => isObject(part) && isTime(part.startedAt) && areNumbers(part));
  if (!spans || (firstUsedAt !== null && !isTime(firstUsedAt)) || !isObject(totals) || !isObject(totals.usage))
    return null;
  const { usage, ...counts } = totals;
  const isWhole = [window, day, week, totals].every((part) => isObject(part) && Number.isFinite(part.costNanos));
  return isWhole && areNumbers(counts) && areNumbers(usage) ? (value as unknown as WholeFigures) : null;
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) <= LATEST_MS;
}

function areNumbers(part: object): boolean {
  return Object.values(part).every((value) => Number.isFinite(value));
}

function sameFigures(a: WholeFigures, b: WholeFigures): boolean {
  return a.totals.requests === b.totals.requests && a.totals.costNanos === b.totals.costNanos;
}
