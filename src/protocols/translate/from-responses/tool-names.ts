/**
 * The tools of a Responses request by the names that their calls have. There a tool may lie in a namespace, and its calls are
 * items of different types; elsewhere there are functions with a flat name. Holds names alone.
 */

/** What a call is made into on its way back: a function's, a free-form tool's, or one of those that OpenAI defines (client-tools.ts). */
export type CallKind = "function" | "custom" | "local_shell" | "shell" | "apply_patch";

export interface ToolName {
  kind: CallKind;
  name: string;
  /** Null outside of any. */
  namespace: string | null;
}

/** Codex puts its own tools into this one, and takes it for none: its models are trained on names without it. */
const DEFAULT_NAMESPACE = "functions";

export class ToolNames {
  readonly #byFlat = new Map<string, ToolName>();
  readonly #flat = new Map<string, string>();
  /** How often a flat name was wanted by another tool: looking for a free one begins behind those that are known to be taken. */
  readonly #wanted = new Map<string, number>();

  /** The flat name of a tool that the request has: the same for one that it has twice. */
  declare(tool: ToolName): string {
    const known = this.#flat.get(keyOf(tool));
    if (known !== undefined) {
      this.#byFlat.set(known, tool);
      return known;
    }
    const flat = this.#free(flatten(tool));
    this.#byFlat.set(flat, tool);
    this.#flat.set(keyOf(tool), flat);
    return flat;
  }

  #free(wanted: string): string {
    let turn = this.#wanted.get(wanted) ?? 1;
    let flat = turn === 1 ? wanted : `${wanted}_${turn}`;
    while (this.#byFlat.has(flat)) flat = `${wanted}_${++turn}`;
    this.#wanted.set(wanted, turn + 1);
    return flat;
  }

  /** The flat name of a tool that was called earlier; the request may not have it any more. */
  flatOf(tool: Omit<ToolName, "kind">): string {
    return this.#flat.get(keyOf(tool)) ?? flatten(tool);
  }

  /** The flat name of a tool that the request has; null where it has none such. */
  declared(tool: Omit<ToolName, "kind">): string | null {
    return this.#flat.get(keyOf(tool)) ?? null;
  }

  /** The tool that a model has called; what nobody has declared is taken for a function. */
  called(flat: string): ToolName {
    return this.#byFlat.get(flat) ?? { kind: "function", name: flat, namespace: null };
  }
}

function keyOf({ name, namespace }: Omit<ToolName, "kind">): string {
  return JSON.stringify([namespace === DEFAULT_NAMESPACE ? null : namespace, name]);
}

/** As Codex itself writes the names of namespaces in one: those of MCP servers end in the separator already. */
function flatten({ name, namespace }: Omit<ToolName, "kind">): string {
  if (namespace === null || namespace === "" || namespace === DEFAULT_NAMESPACE) return name;
  return namespace.endsWith("__") ? namespace + name : `${namespace}__${name}`;
}
