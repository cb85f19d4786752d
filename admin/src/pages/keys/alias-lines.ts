/** What names stand for with one key, as lines: `name = model, model @ group`. Pure. */
import { type Choice, type Field, lines, type Reading } from "../../form/field.ts";
import { type Target, targetIn, targetText } from "../aliases/targets.ts";

type Aliases = Readonly<Record<string, readonly Target[]>>;

/** `groups`: the ids and names of the existing groups. */
export function aliasesField(
  asked: Parameters<typeof lines>[0],
  aliases: Aliases,
  groups: readonly Choice[],
): Field<Record<string, Target[]>> {
  const known = groups.map(([id, name]) => ({ id, name }));
  const field = lines({
    ...asked,
    initial: Object.entries(aliases)
      .map(([name, targets]) => `${name} = ${targets.map((target) => targetText(target, known)).join(", ")}`)
      .join("\n"),
  });
  return {
    ...field,
    read(draft, now): Reading<Record<string, Target[]>> {
      const reading = field.read(draft, now);
      if (!reading.ok) return reading;
      const value: Record<string, Target[]> = {};
      for (const line of reading.value) {
        const at = line.indexOf("=");
        const name = line.slice(0, at).trim();
        if (at < 1 || name === "") return { ok: false, code: "pair" };
        if (Object.hasOwn(value, name)) return { ok: false, code: "duplicate" };
        const targets: Target[] = [];
        for (const text of line.slice(at + 1).split(",")) {
          const target = targetIn(text, known);
          if (!target.ok) return target;
          targets.push(target.value);
        }
        value[name] = targets;
      }
      return { ok: true, value };
    },
  };
}
