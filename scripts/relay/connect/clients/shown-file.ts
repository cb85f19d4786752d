/** A client's file as somebody would write it who has none yet. A test compares it with what the editors make of an empty text. */
import type { Json, Setting, Step } from "../formats/format.ts";
import { valueText } from "../formats/toml-text.ts";
import type { ConfigurationFile, Snippet } from "./client.ts";

export function shownFile(file: ConfigurationFile): Snippet {
  const there = file.settings.filter(({ value }) => value !== null);
  const text = file.format === "toml" ? toml(there) : file.format === "json" ? json(there) : dotenv(there);
  return { title: "file", file: `~/${file.paths[0]}`, text };
}

function json(settings: Setting[]): string {
  const root: Json = {};
  for (const { path, value } of settings) {
    path.reduce<Json>((container, step, at) => {
      const last = at === path.length - 1;
      return member(container, step, last ? value : typeof path[at + 1] === "string" ? {} : []);
    }, root);
  }
  return JSON.stringify(root, null, 2);
}

/** The member to which a step leads. Created if it is missing. */
function member(container: Json, step: Step, fresh: Json): Json {
  if (Array.isArray(container)) {
    container.push(fresh);
    return fresh;
  }
  if (typeof container !== "object" || container === null || typeof step !== "string") return fresh;
  container[step] ??= fresh;
  return container[step];
}

function toml(settings: Setting[]): string {
  const lines: string[] = [];
  let open = "";
  for (const { path, value } of settings.toSorted((a, b) => Math.min(a.path.length, 2) - Math.min(b.path.length, 2))) {
    const table = path.slice(0, -1).map(String).join(".");
    if (table !== open) lines.push("", `[${table}]`);
    open = table;
    lines.push(`${String(path.at(-1))} = ${valueText(value)}`);
  }
  return lines.join("\n");
}

function dotenv(settings: Setting[]): string {
  return settings.map(({ path, value }) => `${String(path[0])}=${String(value)}`).join("\n");
}
