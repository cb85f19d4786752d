/**
 * What an export of another relay becomes here, in the admin API's own terms: accounts, groups and keys that could be created, and for
 * everything else what it was and why it is left out. Plain data, made by the converters beside this file. Only names and reasons of it are
 * printed.
 */
import type * as z from "zod";
import type { createAccountBody } from "../../../src/admin/accounts/schema.ts";
import type { importApiKeysBody } from "../../../src/admin/keys/import-schema.ts";

export type AccountBody = z.input<typeof createAccountBody>;
export type KeyBody = z.input<typeof importApiKeysBody>["keys"][number];

/** `ref`: the source's name for it, the same in each of its exports. */
export interface AccountDraft {
  ref: string;
  body: AccountBody;
}

/** `members`: the refs of its accounts. */
export interface GroupDraft {
  ref: string;
  name: string;
  members: string[];
}

export interface KeyDraft {
  ref: string;
  body: KeyBody;
  /** The ref of the only account, or of the only group, that may serve it. */
  bound: { account: string } | { group: string } | null;
}

export interface Finding {
  about: "account" | "key" | "group" | "file";
  name: string;
  /** `left_out`: it is not imported. `changed`: it is imported, but means something else. */
  outcome: "left_out" | "changed";
  /** The field or thing; "" for all of it. */
  what: string;
  reason: string;
}

export interface Draft {
  /** The name of the relay that it comes from. */
  source: string;
  accounts: AccountDraft[];
  groups: GroupDraft[];
  keys: KeyDraft[];
  findings: Finding[];
}

/** What a converter may need besides the file. */
export interface Context {
  /** The secret with which the source seals its credentials and digests its keys; null: it was not given. */
  encryptionKey: string | null;
  /** Milliseconds since the epoch. */
  now: number;
  /** The relay's TIMEZONE_OFFSET, in hours, which decides what "today" is for what was spent. */
  offsetHours: number;
  /** The source that the person has named; undefined: the file shows it. */
  from: string | undefined;
}

/** A draft in the making. Converters add to it, and note what they cannot convert. */
export class Drafting implements Draft {
  readonly source: string;
  readonly accounts: AccountDraft[] = [];
  readonly groups: GroupDraft[] = [];
  readonly keys: KeyDraft[] = [];
  readonly findings: Finding[] = [];

  constructor(source: string) {
    this.source = source;
  }

  /** The notes about one thing. */
  notes(about: Finding["about"], name: string): Notes {
    const note = (outcome: Finding["outcome"]) => (what: string, reason: string) => {
      this.findings.push({ about, name, outcome, what, reason });
      return null;
    };
    return { leftOut: note("left_out"), changed: note("changed") };
  }
}

/** Each returns null, so that a converter can return it. */
export interface Notes {
  leftOut(what: string, reason: string): null;
  changed(what: string, reason: string): null;
}

/** A name that the API accepts. */
export function nameOf(name: unknown, fallback: string): string {
  const text = typeof name === "string" ? name.trim() : "";
  return (text || fallback).slice(0, 100).trim();
}
