/**
 * The tool loop in Anthropic Messages, streamed or not, as the client asks. Clients send more than the loop (warm-ups, titles, the paths in
 * a command's output). Those requests get one harmless word.
 */
import type { Behaviour, Received } from "../../test/front/fake-upstream.ts";
import { event, USED } from "../../test/front/messages.ts";
import type { Loop, Script } from "./loop.ts";

type Fields = Record<string, unknown>;
type Block = { type: "text"; text: string } | { type: "tool_use"; id: string; name: string; input: Fields };

/** The clients' names for their shell, with what it must be told besides the command. */
const SHELLS: [name: string, extra: Fields][] = [
  ["Bash", { description: "Print a token" }],
  ["bash", { description: "Print a token" }],
  ["Execute", { summary: "Print a token", riskLevel: "low", riskLevelReason: "It only prints a token." }],
];
/** Split so that clients have to put a tool's input together from pieces. */
const PIECE = /.{1,12}/gs;

export const messagesScript: Script = { answer, generates, toolResult };

function generates(method: string, path: string): boolean {
  return method === "POST" && path.endsWith("/messages");
}

function toolResult(body: string): { text: string; failed: boolean } | null {
  const result = lastBlocks(fieldsOf(parse(body))).find((block) => block.type === "tool_result");
  return result ? { text: textOf(result.content), failed: result.is_error === true } : null;
}

function answer(request: Received, loop: Loop): Behaviour {
  const { pathname } = new URL(request.url, "http://upstream");
  if (pathname.endsWith("/count_tokens")) return json({ input_tokens: 1000 });
  if (pathname.endsWith("/models")) return json(MODELS);
  if (!generates(request.method, pathname)) return { ...json({ type: "error" }), status: 404 };
  const body = fieldsOf(parse(request.body.toString()));
  const { blocks, stop } = turn(body, loop);
  const message = { id: "msg_clients", type: "message", role: "assistant", model: body.model, stop_sequence: null };
  if (body.stream === true) return { chunks: eventsOf(message, blocks, stop), pauseMs: 2 };
  return json({ ...message, content: blocks, stop_reason: stop, usage: USED });
}

function turn(body: Fields, loop: Loop): { blocks: Block[]; stop: "end_turn" | "tool_use" } {
  const blocks = lastBlocks(body);
  if (blocks.some((block) => block.type === "tool_result")) {
    return { blocks: [{ type: "text", text: `Done: ${loop.closing}` }], stop: "end_turn" };
  }
  const shell = SHELLS.find(([name]) => listOf(body.tools).some((tool) => tool.name === name));
  if (!shell || !textOf(blocks).includes(loop.printed)) {
    return { blocks: [{ type: "text", text: "Fine." }], stop: "end_turn" };
  }
  const [name, extra] = shell;
  const input = { command: loop.command, ...extra };
  const call: Block = { type: "tool_use", id: `toolu_${loop.token}`, name, input };
  return { blocks: [{ type: "text", text: "Running it." }, call], stop: "tool_use" };
}

function eventsOf(message: Fields, blocks: Block[], stop: string): string[] {
  const usage = { ...USED, output_tokens: 1 };
  return [
    event({ type: "message_start", message: { ...message, content: [], stop_reason: null, usage } }),
    event({ type: "ping" }),
    ...blocks.flatMap(blockEvents),
    event({ type: "message_delta", delta: { stop_reason: stop, stop_sequence: null }, usage: USED }),
    event({ type: "message_stop" }),
  ];
}

function blockEvents(block: Block, index: number): string[] {
  const empty = block.type === "text" ? { ...block, text: "" } : { ...block, input: {} };
  const text = block.type === "text" ? block.text : JSON.stringify(block.input);
  const deltas = (text.match(PIECE) ?? []).map((piece) =>
    block.type === "text" ? { type: "text_delta", text: piece } : { type: "input_json_delta", partial_json: piece },
  );
  return [
    event({ type: "content_block_start", index, content_block: empty }),
    ...deltas.map((delta) => event({ type: "content_block_delta", index, delta })),
    event({ type: "content_block_stop", index }),
  ];
}

const MODELS = {
  data: [{ type: "model", id: "claude-opus-5-5", display_name: "Opus", created_at: "2026-01-01T00:00:00Z" }],
  has_more: false,
  first_id: "claude-opus-5-5",
  last_id: "claude-opus-5-5",
};

/** The blocks of the last message that is not a `system` one. Newer Claude Code puts those after the user's. */
function lastBlocks(body: Fields): Fields[] {
  const content = listOf(body.messages).findLast((message) => message.role !== "system")?.content;
  return typeof content === "string" ? [{ type: "text", text: content }] : listOf(content);
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((block) => (typeof block.text === "string" ? block.text : ""))
    .join("\n");
}

function json(body: unknown): Behaviour {
  return { headers: { "content-type": "application/json" }, chunks: [JSON.stringify(body)] };
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
