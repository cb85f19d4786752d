/** The chain of an alias as lines: a model on each, and behind an @ the group that serves it. Pure. */
import { type Field, lines, type Reading } from "../../form/field.ts";
import type { Alias } from "./aliases.ts";

export type Targets = Alias["targets"];

interface GroupName {
  id: string;
  name: string;
}

export function targetLines(targets: Targets, groups: readonly GroupName[]): string {
  return targets
    .map(({ model, group }) => {
      if (group === undefined) return model;
      return `${model} @ ${groups.find(({ id }) => id === group)?.name ?? group}`;
    })
    .join("\n");
}

/** A group is named, or given by its id; which there are, the relay says too. */
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
        const [model = "", name] = line.split("@").map((part) => part.trim());
        const group = groups.find((one) => one.name === name || one.id === name);
        if (model === "") return { ok: false, code: "required" };
        if (name !== undefined && !group) return { ok: false, code: "not_found" };
        targets.push({ model, ...(group && { group: group.id }) });
      }
      return { ok: true, value: targets };
    },
  };
}
