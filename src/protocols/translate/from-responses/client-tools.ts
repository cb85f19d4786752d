/**
 * Tools that OpenAI defines and the client runs: a shell in two forms, and patches. No other provider knows them, so each becomes a
 * function. Its calls and outputs are items of their own types, in both directions. Facts: the types of the `openai` package.
 */
import { array, isObject, object, text } from "../../../ground/json.ts";
import type { HubFunction, Json } from "../hub.ts";
import type { CallKind } from "./tool-names.ts";

export interface ClientTool {
  kind: CallKind;
  tool: HubFunction;
  /** The types of its items. */
  call: string;
  output: string;
  /** The members of a call's item, besides its ids, made from the arguments. Those come from the model and may be anything. */
  membersOf(args: Json): Json;
  /** The arguments from which such an item was made. */
  argumentsOf(item: Json): Json;
  /** The text of an output. */
  outputOf(item: Json): string;
}

const STRINGS = { type: "array", items: { type: "string" } } as const;
const MILLISECONDS = { type: "integer", description: "How long it may take, in milliseconds." } as const;

const LOCAL_SHELL: ClientTool = {
  kind: "local_shell",
  tool: {
    type: "function",
    name: "local_shell",
    description: "Runs a command on the user's machine and returns its output.",
    input_schema: {
      type: "object",
      properties: {
        command: { ...STRINGS, description: "The program and its arguments." },
        working_directory: { type: "string" },
        timeout_ms: MILLISECONDS,
      },
      required: ["command"],
      additionalProperties: false,
    },
  },
  call: "local_shell_call",
  output: "local_shell_call_output",
  membersOf: ({ command, working_directory, timeout_ms, env }) => ({
    action: {
      type: "exec",
      command: typeof command === "string" ? ["bash", "-lc", command] : stringsIn(command),
      env: isObject(env) ? env : {},
      working_directory: text(working_directory),
      timeout_ms: positive(timeout_ms),
    },
  }),
  argumentsOf: ({ action }) => {
    const { command, working_directory, timeout_ms } = object(action) ?? {};
    return {
      command: stringsIn(command),
      ...(text(working_directory) !== null && { working_directory }),
      ...(positive(timeout_ms) !== null && { timeout_ms }),
    };
  },
  outputOf: ({ output }) => (typeof output === "string" ? output : ""),
};

const SHELL: ClientTool = {
  kind: "shell",
  tool: {
    type: "function",
    name: "shell",
    description: "Runs commands in a shell on the user's machine and returns their output.",
    input_schema: {
      type: "object",
      properties: {
        commands: { ...STRINGS, description: "Lines for the shell." },
        timeout_ms: MILLISECONDS,
        max_output_length: { type: "integer", description: "How many characters of output to return." },
      },
      required: ["commands"],
      additionalProperties: false,
    },
  },
  call: "shell_call",
  output: "shell_call_output",
  membersOf: ({ commands, timeout_ms, max_output_length }) => ({
    action: {
      commands: typeof commands === "string" ? [commands] : stringsIn(commands),
      timeout_ms: positive(timeout_ms),
      max_output_length: positive(max_output_length),
    },
    environment: { type: "local" },
  }),
  argumentsOf: ({ action }) => {
    const { commands, timeout_ms, max_output_length } = object(action) ?? {};
    return {
      commands: stringsIn(commands),
      ...(positive(timeout_ms) !== null && { timeout_ms }),
      ...(positive(max_output_length) !== null && { max_output_length }),
    };
  },
  outputOf: ({ output }) => (typeof output === "string" ? output : array(output).map(ranIn).join("\n")),
};

const APPLY_PATCH: ClientTool = {
  kind: "apply_patch",
  tool: {
    type: "function",
    name: "apply_patch",
    description: "Creates, changes or deletes one file on the user's machine.",
    input_schema: {
      type: "object",
      properties: {
        type: { type: "string", enum: ["create_file", "update_file", "delete_file"] },
        path: { type: "string" },
        diff: { type: "string", description: "In the V4A format; not for delete_file." },
      },
      required: ["type", "path"],
      additionalProperties: false,
    },
  },
  call: "apply_patch_call",
  output: "apply_patch_call_output",
  membersOf: ({ type, path, diff }) => ({
    operation: { type, path, ...(type !== "delete_file" && { diff: typeof diff === "string" ? diff : "" }) },
  }),
  argumentsOf: ({ operation }) => ({ ...object(operation) }),
  outputOf: ({ status, output }) => [status, output].map(text).filter(Boolean).join(": "),
};

const ALL = [LOCAL_SHELL, SHELL, APPLY_PATCH] as const;

export const CLIENT_TOOLS: ReadonlyMap<string, ClientTool> = new Map(ALL.map((each) => [each.kind, each]));
export const CALLS_OF_CLIENT_TOOLS: ReadonlyMap<string, ClientTool> = new Map(ALL.map((each) => [each.call, each]));
export const OUTPUTS_OF_CLIENT_TOOLS: ReadonlyMap<string, ClientTool> = new Map(ALL.map((each) => [each.output, each]));

function stringsIn(value: unknown): string[] {
  return array(value).filter((each) => typeof each === "string");
}

function positive(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** What one command of a shell has printed, and how it ended. */
function ranIn(value: unknown): string {
  const { stdout, stderr, outcome } = object(value) ?? {};
  const { type, exit_code } = object(outcome) ?? {};
  const ended = type === "timeout" ? "It ran out of time." : `Exit code: ${String(exit_code)}`;
  return [text(stdout), text(stderr), ended].filter(Boolean).join("\n");
}
