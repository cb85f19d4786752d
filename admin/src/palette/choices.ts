/** What the palette offers for what was typed. Pure. Every word that was typed has to be in the name; beginnings come first. */
import type { IconName } from "../parts/icon.tsx";

export interface Choice {
  group: string;
  icon: IconName;
  label: string;
  /** Besides its name: found by it, and shown at the end. */
  also?: string | undefined;
  run(): void;
}

/** More of a group nobody reads. */
const PER_GROUP = 6;

export function matching(choices: readonly Choice[], typed: string): Choice[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const taken = new Map<string, number>();
  return choices
    .map((choice) => ({ choice, rank: rankOf(choice, wanted) }))
    .filter(({ rank }) => rank !== null)
    .sort((left, right) => (left.rank ?? 0) - (right.rank ?? 0))
    .map(({ choice }) => choice)
    .filter(({ group }) => {
      const before = taken.get(group) ?? 0;
      taken.set(group, before + 1);
      return before < PER_GROUP;
    });
}

/** The choices by their groups, in the order of the groups' first. */
export function grouped(choices: readonly Choice[]): [group: string, of: Choice[]][] {
  const groups = new Map<string, Choice[]>();
  for (const choice of choices) groups.set(choice.group, [...(groups.get(choice.group) ?? []), choice]);
  return [...groups];
}

/** Null where it does not match. */
function rankOf({ label, also = "" }: Choice, wanted: readonly string[]): number | null {
  const name = label.toLowerCase();
  const all = `${name} ${also.toLowerCase()}`;
  if (!wanted.every((word) => all.includes(word))) return null;
  const [first] = wanted;
  return first === undefined || name.startsWith(first) ? 0 : 1;
}
