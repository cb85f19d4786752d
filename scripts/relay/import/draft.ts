/**
 * What an export of another relay comes to here, in the admin API's own terms: accounts, groups and keys that could be made, and
 * of all else what it was and why it stays behind. Plain data; the converters beside this make it, and nothing here is printed
 * but names and reasons.
 */
import type * as z from "zod";
import type { createAccountBody } from "../../../src/admin/accounts/schema.ts";
import type { importApiKeysBody } from "../../../src/admin/keys/import-schema.ts";

export type AccountBody = z.input<typeof createAccountBody>;
export type KeyBody = z.input<typeof importApiKeysBody>["keys"][number];

/** `ref`: what the source calls it, the same in each of its exports. */
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
  /** `left_out`: it is not here afterwards. `changed`: it is here, and means something else. */
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

/** What a converter may need beside the file. */
export interface Context {
  /** The secret that the source seals its credentials with, and digests its keys; null: it was not given. */
  encryptionKey: string | null;
  /** Milliseconds since the epoch. */
  now: number;
  /** The relay's TIMEZONE_OFFSET, in hours: today's spend is that of its day. */
  offsetHours: number;
  /** The source that somebody says it is of; undefined: the file says it. */
  from: string | undefined;
}

/** A draft that is being made: converters add to it, and say what they cannot. */
export class Drafting implements Draft {
  readonly source: string;
  readonly accounts: AccountDraft[] = [];
  readonly groups: GroupDraft[] = [];
  readonly keys: KeyDraft[] = [];
  readonly findings: Finding[] = [];

  constructor(source: string) {
    this.source = source;
  }

  /** Notes about one thing. */
  notes(about: Finding["about"], name: string): Notes {
    const note = (outcome: Finding["outcome"]) => (what: string, reason: string) => {
      this.findings.push({ about, name, outcome, what, reason });
      return null;
    };
    return { leftOut: note("left_out"), changed: note("changed") };
  }
}

/** Each answers null, for whoever has nothing else to say. */
export interface Notes {
  leftOut(what: string, reason: string): null;
  changed(what: string, reason: string): null;
}

/** A name as the API takes one. */
export function nameOf(name: unknown, fallback: string): string {
  const text = typeof name === "string" ? name.trim() : "";
  return (text || fallback).slice(0, 100).trim();
}
