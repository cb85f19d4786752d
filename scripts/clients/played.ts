/**
 * The tool loop on the side of an upstream: the demo upstream writes the wire format, the loop decides the content. Clients send more than
 * the loop (routers, titles). Those requests get a suitable answer without a call.
 */
import { randomBytes } from "node:crypto";
import type { Behaviour, Received } from "../../test/front/fake-upstream.ts";
import { anthropic } from "../demo/anthropic.ts";
import { chat } from "../demo/chat.ts";
import type { Answer, DemoTool, Turn } from "../demo/conversation.ts";
import type { DemoProtocol } from "../demo/exchange.ts";
import { fieldsOf } from "../demo/fields.ts";
import { gemini } from "../demo/gemini.ts";
import { openai } from "../demo/openai.ts";
import { responses } from "../demo/responses.ts";
import { SCRIPT } from "../demo/responses-tools.ts";
import { sampleInput } from "../demo/sample-input.ts";
import type { UpstreamFormat } from "./client.ts";
import type { Loop, Script } from "./loop.ts";

/** The clients' names for their shell. Codex's `exec` is a script that calls it. */
const SHELL = /^(Bash|shell|exec_command|exec|Execute|run_shell_command|run_commands)$/;
const COMMAND = /^(command|cmd)$/;
/** What the demo writes into a tool that takes text. */
const DEMO_COMMAND = /echo hello from the demo/;

/** The answer of an upstream that speaks `protocol` to any request of a client. */
export function play(protocol: DemoProtocol, received: Received, loop: Loop): Behaviour {
  const { pathname, searchParams } = new URL(received.url, "http://upstream");
  const headers = Object.entries(received.headers).map(([name, value]) => [name, value?.toString()]);
  const request = {
    id: `${loop.token}${randomBytes(6).toString("hex")}`,
    method: received.method,
    path: pathname,
    query: searchParams,
    headers: Object.fromEntries(headers),
    body: received.body.toString(),
  };
  const reply = protocol(request, (turn) => decide(turn, loop));
  if (!reply) return { status: 404, headers: { "content-type": "application/json" }, chunks: ["{}"] };
  if (reply.kind === "stream")
    return { headers: reply.headers, chunks: reply.frames.map(({ text }) => text), pauseMs: 2 };
  const { status, body } = reply;
  return { status, headers: { ...reply.headers, "content-type": "application/json" }, chunks: [JSON.stringify(body)] };
}

function decide(turn: Turn, loop: Loop): Answer {
  if (turn.answerSchema) return { text: JSON.stringify(sampleInput(turn.answerSchema)), call: null };
  if (turn.toolResult !== null) return { text: `Done: ${loop.closing}`, call: null };
  const shell = turn.tools.find(({ name }) => SHELL.test(name));
  if (!shell || !turn.asked.includes(loop.printed)) return { text: "Fine.", call: null };
  return { text: "Running it.", call: { name: shell.name, input: inputOf(shell, loop) } };
}

function inputOf(shell: DemoTool, loop: Loop): unknown {
  if (shell.text !== undefined) return shell.text.replace(DEMO_COMMAND, loop.command);
  const sample = Object.entries(fieldsOf(sampleInput(shell.schema)));
  const script = SCRIPT.replace(DEMO_COMMAND, loop.command);
  // In a format that has only functions, a tool that takes text has one member.
  if (shell.name === "exec" && sample.length === 1) return { [sample[0]?.[0] ?? ""]: script };
  const filled = sample.map(([name, value]) => {
    if (name === "commands") return [name, [loop.command]];
    return [name, COMMAND.test(name) ? loop.command : value];
  });
  return Object.fromEntries(filled);
}

/** The answers of an upstream of each format to a client of another one. It sees the relay's translation of the loop. */
export const UPSTREAM_SCRIPTS: Record<UpstreamFormat, Pick<Script, "answer">> = {
  anthropic: { answer: (request, loop) => play(anthropic, request, loop) },
  chat: { answer: (request, loop) => play((asked, decide) => chat(asked, decide) ?? openai(asked), request, loop) },
  responses: {
    answer: (request, loop) => play((asked, decide) => responses(asked, decide) ?? openai(asked), request, loop),
  },
  gemini: { answer: (request, loop) => play(gemini, request, loop) },
};
