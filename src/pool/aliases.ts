/**
 * Aliases: a name, or a pattern with `*`, and the models that may serve it, in order. An alias speaks of models as clients would
 * name them; what an account makes of such a name is its own mapping's business. Pure.
 */
import type { Aliases, AliasTarget } from "../vocabulary.ts";
import { renamedBy, ruleFor } from "./models.ts";
import type { Pool } from "./pool.ts";
import type { Strategy } from "./strategy.ts";

export const NO_ALIASES: Aliases = {};

/** One model of a chain, and who may serve it: null for whoever has it. */
export interface Step {
  model: string;
  group: { strategy: Strategy; members: ReadonlySet<string> } | null;
}

/** The models that serve `model`, in order; null where no alias speaks of it. A model that is named twice counts once. */
export function chainFor(aliases: Aliases, model: string): AliasTarget[] | null {
  const rule = ruleFor(aliases, model);
  const targets = rule === null ? undefined : aliases[rule];
  if (rule === null || !targets || targets.length === 0) return null;
  return targets.map((target) => ({ ...target, model: renamedBy(rule, model, target.model) }));
}

/** The same with the groups as they are. A group that is gone has no accounts, rather than everybody's. */
export function stepsOf(chain: readonly AliasTarget[], groups: Pool["groups"]): Step[] {
  return chain.map(({ model, group }) => ({
    model,
    group: group === undefined ? null : (groups.get(group) ?? { strategy: "priority", members: new Set() }),
  }));
}
