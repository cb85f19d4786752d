/** The chain of an alias as lines: one model per line, and after an @ the group that serves it. Pure. */
import { type Field, lines, type Reading } from "../../form/field.ts";

export interface Target {
  model: string;
  /** The id of the only group that may serve it. */
  group?: string | undefined;
}

export interface GroupName {
  id: string;
  name: string;
}

export function targetText({ model, group }: Target, groups: readonly GroupName[]): string {
  return group === undefined ? model : `${model} @ ${groups.find(({ id }) => id === group)?.name ?? group}`;
}

/** A group is given by its name or its id. The relay also checks that it exists. */
export function targetIn(text: string, groups: readonly GroupName[]): Reading<{ model: string; group?: string }> {
  const [model = "", name] = text.split("@").map((part) => part.trim());
  const group = groups.find((one) => one.name === name || one.id === name);
  if (model === "") return { ok: false, code: "required" };
  if (name !== undefined && !group) return { ok: false, code: "not_found" };
  return { ok: true, value: { model, ...(group && { group: group.id }) } };
}

export function targetLines(targets: readonly Target[], groups: readonly GroupName[]): string {
  return targets.map((target) => targetText(target, groups)).join("\n");
}

export function targetsField(
  asked: Parameters<typeof lines>[0],
  groups: readonly GroupName[],
): Field<{ model: string; group?: string }[]> {
  const field = lines(asked);
  return {
    ...field,
    optional: false,
    read(draft, now): Reading<{ model: string; group?: string }[]> {
      const reading = field.read(draft, now);
      if (!reading.ok) return reading;
      if (reading.value.length === 0) return { ok: false, code: "required" };
      const targets: { model: string; group?: string }[] = [];
      for (const line of reading.value) {
        const target = targetIn(line, groups);
        if (!target.ok) return target;
        targets.push(target.value);
      }
      return { ok: true, value: targets };
    },
  };
}
