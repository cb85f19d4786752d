/**
 * Aliases: a name, or a pattern with `*`, and the models that may serve it, in order. An alias names models as clients would name
 * them; each account's mapping then makes its own name of that. Pure.
 */
import type { Aliases, AliasTarget } from "../vocabulary.ts";
import { renamedBy, ruleFor } from "./models.ts";
import type { Pool } from "./pool.ts";
import type { Strategy } from "./strategy.ts";

export const NO_ALIASES: Aliases = {};

/** One model of a chain, and the group that may serve it; null: any account that has it. */
export interface Step {
  model: string;
  group: { strategy: Strategy; members: ReadonlySet<string> } | null;
}

/** The models that serve `model`, in order; null if no alias names it. */
export function chainFor(aliases: Aliases, model: string): AliasTarget[] | null {
  const rule = ruleFor(aliases, model);
  const targets = rule === null ? undefined : aliases[rule];
  if (rule === null || !targets || targets.length === 0) return null;
  return targets.map((target) => ({ ...target, model: renamedBy(rule, model, target.model) }));
}

/** The chain with its groups as they are now. A deleted group has no accounts, rather than everybody's. */
export function stepsOf(chain: readonly AliasTarget[], groups: Pool["groups"]): Step[] {
  return chain.map(({ model, group }) => ({
    model,
    group: group === undefined ? null : (groups.get(group) ?? { strategy: "priority", members: new Set() }),
  }));
}
