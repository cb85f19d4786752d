/** What the palette offers for the typed text. Pure. Every typed word must occur in the name; names that begin with it come first. */
import type { IconName } from "../parts/icon.tsx";

export interface Choice {
  group: string;
  icon: IconName;
  label: string;
  /** A further text by which it is found, shown at the end. */
  also?: string | undefined;
  run(): void;
}

/** Nobody reads more of a group. */
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

/** The choices by group, in the order of the groups' first choices. */
export function grouped(choices: readonly Choice[]): [group: string, of: Choice[]][] {
  const groups = new Map<string, Choice[]>();
  for (const choice of choices) groups.set(choice.group, [...(groups.get(choice.group) ?? []), choice]);
  return [...groups];
}

/** Null if it does not match. */
function rankOf({ label, also = "" }: Choice, wanted: readonly string[]): number | null {
  const name = label.toLowerCase();
  const all = `${name} ${also.toLowerCase()}`;
  if (!wanted.every((word) => all.includes(word))) return null;
  const [first] = wanted;
  return first === undefined || name.startsWith(first) ? 0 : 1;
}
