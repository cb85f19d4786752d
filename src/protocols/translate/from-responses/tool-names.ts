/**
 * The tools of a Responses request by the names that their calls have. In this API a tool may be in a namespace, and its calls are
 * items of different types. Elsewhere there are functions with a flat name. Holds only names.
 */

/** What a call becomes on its way back: a function's, a free-form tool's, or one of those that OpenAI defines (client-tools.ts). */
export type CallKind = "function" | "custom" | "local_shell" | "shell" | "apply_patch";

export interface ToolName {
  kind: CallKind;
  name: string;
  /** Null if the tool is in no namespace. */
  namespace: string | null;
}

/** Codex puts its own tools into this namespace but treats them as outside any: its models are trained on names without it. */
const DEFAULT_NAMESPACE = "functions";

export class ToolNames {
  readonly #byFlat = new Map<string, ToolName>();
  readonly #flat = new Map<string, string>();
  /** How often other tools wanted a flat name. The search for a free one begins behind those that are known to be taken. */
  readonly #wanted = new Map<string, number>();

  /** The flat name of a tool of the request. A tool that is listed twice gets the same name. */
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

  /** The flat name of a tool that was called earlier. The request may not list it any more. */
  flatOf(tool: Omit<ToolName, "kind">): string {
    return this.#flat.get(keyOf(tool)) ?? flatten(tool);
  }

  /** The flat name of a tool of the request; null if it is not listed. */
  declared(tool: Omit<ToolName, "kind">): string | null {
    return this.#flat.get(keyOf(tool)) ?? null;
  }

  /** The tool that a model has called. An undeclared one is taken for a function. */
  called(flat: string): ToolName {
    return this.#byFlat.get(flat) ?? { kind: "function", name: flat, namespace: null };
  }
}

function keyOf({ name, namespace }: Omit<ToolName, "kind">): string {
  return JSON.stringify([namespace === DEFAULT_NAMESPACE ? null : namespace, name]);
}

/** Joins names as Codex itself does. The namespaces of MCP servers already end with the separator. */
function flatten({ name, namespace }: Omit<ToolName, "kind">): string {
  if (namespace === null || namespace === "" || namespace === DEFAULT_NAMESPACE) return name;
  return namespace.endsWith("__") ? namespace + name : `${namespace}__${name}`;
}
