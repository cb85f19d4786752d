/** All accounts, how they are grouped and ranked, and what is known against them. Plain data. */

import type { Aliases } from "../vocabulary.ts";
import type { Account } from "./account.ts";
import { NO_ALIASES } from "./aliases.ts";
import type { AccountHealth } from "./health.ts";
import { STRATEGIES, type Strategy } from "./strategy.ts";

export interface Pool {
  accounts: Account[];
  /** Group id → its strategy and the ids of its members. */
  groups: Map<string, { strategy: Strategy; members: Set<string> }>;
  /** The operator's aliases; for each name a key's own alias goes before them. */
  aliases: Aliases;
  /** How accounts are ranked for keys that are bound to no group. */
  strategy: Strategy;
  /** Account id → health; absent: nothing is known against it. Updated in place by what this isolate learns. */
  health: Map<string, AccountHealth>;
}

/** A pool without accounts. */
export const EMPTY_POOL: Pool = {
  accounts: [],
  groups: new Map(),
  aliases: NO_ALIASES,
  strategy: "priority",
  health: new Map(),
};

/** The groups and their members, from the rows in which they are stored. */
export function groupsFromRows(
  groups: readonly { id: string; strategy: string }[],
  members: readonly { groupId: string; accountId: string }[],
): Pool["groups"] {
  const entries = groups.map(({ id, strategy }) => {
    const own = members.filter((member) => member.groupId === id).map((member) => member.accountId);
    return [id, { strategy: strategyOf(strategy), members: new Set(own) }] as const;
  });
  return new Map(entries);
}

/** The strategy that a row names; the default if it names an unknown one. */
export function strategyOf(value: string): Strategy {
  return STRATEGIES.find((strategy) => strategy === value) ?? "priority";
}
