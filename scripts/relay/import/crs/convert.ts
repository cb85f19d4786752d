/** The data of claude-relay-service, as `data.ts` reads it, in the admin API's terms. Pure. */
import * as z from "zod";
import { array, isObject, parse } from "../../../../src/ground/json.ts";
import { type AccountBody, type Context, type Draft, Drafting, type Notes, nameOf } from "../draft.ts";
import { amount, iso, json, moment, toggle, words } from "../shapes.ts";
import { Bindings, refOf } from "./bindings.ts";
import { crsData, crsForm, type Fields } from "./data.ts";
import { keyBody } from "./keys.ts";
import { CRS_KINDS, type CrsKind } from "./kinds.ts";
import { Opener } from "./sealed.ts";

export const CRS = "claude-relay-service";

/** Whether a parsed file is one of its exports. */
export function isCrs(value: unknown): boolean {
  return crsForm(value) !== null;
}

export function convertCrs(
  value: unknown,
  context: Context,
): { ok: true; value: Draft } | { ok: false; refusal: string } {
  const form = crsForm(value);
  if (!form || !isObject(value)) return { ok: false, refusal: "is no export of claude-relay-service" };
  const read = crsData(value, form);
  if (!read.ok) return read;
  const data = read.value;
  const drafting = new Drafting(CRS);
  const opener = new Opener(context.encryptionKey);
  for (const { kind, record } of data.accounts) addAccount(drafting, opener, kind, record);
  const bindings = new Bindings(drafting, data);
  for (const record of data.keys) addKey(drafting, bindings, record, context);
  if (form === "sync") {
    const reason = "this export has four kinds of accounts and no keys: dump.lua takes out all of it (docs/migrate.md)";
    drafting.notes("file", "export-accounts").leftOut("keys, groups, other kinds of accounts", reason);
  } else if (!data.whole) {
    const reason =
      "this export has Claude's and Gemini's accounts alone: dump.lua takes out all of them (docs/migrate.md)";
    drafting.notes("file", "data export").leftOut("other kinds of accounts, groups", reason);
  }
  return { ok: true, value: drafting };
}

const common = z.object({
  ...{ name: words, description: words, priority: amount, isActive: toggle, schedulable: toggle },
  ...{ subscriptionExpiresAt: moment, proxy: json },
});

function addAccount(drafting: Drafting, opener: Opener, kindName: string, record: Fields): void {
  const kind = CRS_KINDS.find(({ name }) => name === kindName);
  const fields = common.parse(record);
  const name = nameOf(fields.name, kindName);
  const notes = drafting.notes("account", name);
  const opened = kind && openedRecord(kind, opener, record, notes);
  const body = opened && kind.body(opened, notes);
  if (!body) return;
  const { description, priority, isActive, schedulable, subscriptionExpiresAt, proxy } = fields;
  if (hasProxy(proxy)) {
    notes.leftOut("proxy", "a Worker cannot use one: give the account a gateway or a binding instead (egress)");
  }
  const isOff = isActive === false || schedulable === false;
  const isBackBySelf = isOff && stoppedBySelf(record);
  if (isBackBySelf)
    notes.changed("schedulable", "had been stopped by itself until its limits end; here it is in use, and tried anew");
  const whole: AccountBody = {
    name,
    ...(priority !== undefined && { priority: Math.min(Math.max(Math.round(priority), 0), 1_000) }),
    ...(isOff && !isBackBySelf && { schedulable: false }),
    ...(subscriptionExpiresAt !== undefined && { expires_at: iso(subscriptionExpiresAt) }),
    ...(description && { note: description }),
    ...body,
  };
  drafting.accounts.push({ ref: refOf(kindName, record.id), body: whole });
}

/** By that relay, which starts it again later, and not by a person: that takes these marks away. */
function stoppedBySelf(record: Fields): boolean {
  return Object.entries(record).some(([field, value]) => field.endsWith("AutoStopped") && toggle.parse(value) === true);
}

/** The record with its sealed fields opened; null if one of them does not open. */
function openedRecord(kind: CrsKind, opener: Opener, record: Fields, notes: Notes): Fields | null {
  const opened: Fields = { ...record };
  for (const field of kind.sealed) {
    const value =
      field === "apiKeys" ? openedKeys(opener, kind.salt, record[field]) : opener.text(record[field], kind.salt);
    if (!value.ok) return notes.leftOut("", `its ${field} ${value.why}`);
    opened[field] = value.value;
  }
  return opened;
}

/** Droid's keys: a list, each of them sealed. */
function openedKeys(opener: Opener, salt: string, value: unknown): ReturnType<Opener["text"]> {
  const entries = array(typeof value === "string" ? parse(value) : value).filter(isObject);
  const keys: { key: string | undefined; status: unknown }[] = [];
  for (const { encryptedKey, status } of entries) {
    const key = opener.text(encryptedKey, salt);
    if (!key.ok) return key;
    keys.push({ key: key.value, status });
  }
  return { ok: true, value: keys.length === 0 ? undefined : JSON.stringify(keys) };
}

function hasProxy(proxy: unknown): boolean {
  const value = typeof proxy === "string" ? parse(proxy) : proxy;
  return isObject(value) && typeof value.host === "string" && value.host !== "";
}

function addKey(drafting: Drafting, bindings: Bindings, record: Fields, context: Context): void {
  const notes = drafting.notes("key", nameOf(record.name, "key without a name"));
  const body = keyBody(record, notes, context);
  const bound = body && bindings.of(record, body.permissions, notes);
  if (!body || bound === undefined) return;
  drafting.keys.push({ ref: String(record.id), body, bound });
}
