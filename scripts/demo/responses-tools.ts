/**
 * The tools of a Responses request, wherever they are: in `tools`, in Codex's `additional_tools` item, or in namespaces within either. Only
 * tools that the client runs itself count, because nobody here runs a hosted tool.
 */
import type { DemoTool } from "./conversation.ts";
import { type Fields, listOf, stringOf } from "./fields.ts";

export interface ResponsesTool extends DemoTool {
  kind: "function" | "custom";
  namespace: string | null;
}

/** Codex's only tool for catalogue models: it runs JavaScript, which calls the tools that do something. */
export const SCRIPT =
  'const result = await tools.exec_command({ cmd: "echo hello from the demo" });\ntext(result.output);\n';

export function toolsOf(body: Fields): ResponsesTool[] {
  const added = listOf(body.input).flatMap((item) => (item.type === "additional_tools" ? listOf(item.tools) : []));
  return [...listOf(body.tools), ...added].flatMap((tool) =>
    tool.type === "namespace"
      ? listOf(tool.tools).flatMap((inner) => toolOf(inner, stringOf(tool.name)))
      : toolOf(tool, null),
  );
}

function toolOf(tool: Fields, namespace: string | null): ResponsesTool[] {
  const { type, name } = tool;
  if (typeof name !== "string") return [];
  if (type === "function") return [{ kind: "function", name, namespace, schema: tool.parameters ?? {} }];
  if (type !== "custom") return [];
  const text = /JavaScript/.test(stringOf(tool.description)) ? SCRIPT : "hello from the demo";
  return [{ kind: "custom", name, namespace, schema: null, text }];
}
