/** Calls of tools, each as the item of its kind of tool. A call that was cut off never counts as done: Codex would carry it out. */
import { argumentsIn } from "../../arguments.ts";
import { FreeFormStream } from "../../free-form.ts";
import type { HubToolUse, Json } from "../../hub.ts";
import { fitted } from "../../names.ts";
import { CLIENT_TOOLS, type ClientTool } from "../client-tools.ts";
import type { ToolName } from "../tool-names.ts";
import { OutputItem, type Place, statusOf } from "./item.ts";

/** Ids of calls come back with their outputs, so they must not be longer than OpenAI's own. */
const LONGEST_CALL_ID = 64;

export function callItem(block: HubToolUse, place: Place, tool: ToolName): OutputItem {
  if (tool.kind === "custom") return new CustomCallItem(place, block.id, tool);
  const defined = CLIENT_TOOLS.get(tool.kind);
  return defined ? new ClientToolItem(place, block.id, defined) : new FunctionCallItem(place, block.id, tool);
}

/** The members that both kinds of call items have. */
function callMembers(callId: string, { name, namespace }: ToolName): Json {
  return { call_id: fitted(callId, LONGEST_CALL_ID), name, ...(namespace !== null && { namespace }) };
}

class FunctionCallItem extends OutputItem {
  #arguments = "";
  readonly #call: Json;
  readonly #head: string;

  constructor(place: Place, callId: string, tool: ToolName) {
    super("fc", place);
    this.#call = callMembers(callId, tool);
    this.#head = this.head("");
  }

  override begin(): string {
    return this.added(this.#itemOf("in_progress"));
  }

  override delta(piece: string): string {
    if (piece === "") return "";
    this.#arguments += piece;
    return this.ladder.delta("response.function_call_arguments.delta", this.#head, piece);
  }

  override end(whole: boolean): string {
    if (!whole) return "";
    // The arguments of a call without any are an empty object.
    const none = this.#arguments === "" ? this.delta("{}") : "";
    const { name } = this.#call;
    return (
      none +
      this.event("response.function_call_arguments.done", { name, arguments: this.#arguments }) +
      this.done(this.item(true))
    );
  }

  override item(whole: boolean): Json {
    return this.#itemOf(statusOf(whole));
  }

  #itemOf(status: string): Json {
    return { id: this.id, type: "function_call", status, arguments: this.#arguments, ...this.#call };
  }
}

/** A call of a free-form tool. Its input is streamed out of the arguments that the hub has for it. */
class CustomCallItem extends OutputItem {
  #input = "";
  readonly #stream = new FreeFormStream();
  readonly #call: Json;
  readonly #head: string;

  constructor(place: Place, callId: string, tool: ToolName) {
    super("ctc", place);
    this.#call = callMembers(callId, tool);
    this.#head = this.head("");
  }

  override begin(): string {
    return this.added(this.#itemOf("in_progress"));
  }

  override delta(piece: string): string {
    return this.#grow(this.#stream.push(piece));
  }

  #grow(input: string): string {
    if (input === "") return "";
    this.#input += input;
    return this.ladder.delta("response.custom_tool_call_input.delta", this.#head, input);
  }

  override end(whole: boolean): string {
    if (!whole) return "";
    return (
      this.#grow(this.#stream.end()) +
      this.event("response.custom_tool_call_input.done", { input: this.#input }) +
      this.done(this.item(true))
    );
  }

  override item(whole: boolean): Json {
    return this.#itemOf(statusOf(whole));
  }

  #itemOf(status: string): Json {
    return { id: this.id, type: "custom_tool_call", status, input: this.#input, ...this.#call };
  }
}

/** A call of a tool that OpenAI defines. Its item repeats what the arguments say, so it is written when they are whole. */
class ClientToolItem extends OutputItem {
  #arguments = "";
  readonly #callId: string;
  readonly #tool: ClientTool;

  constructor(place: Place, callId: string, tool: ClientTool) {
    super(tool.call === "local_shell_call" ? "lsh" : "ct", place);
    this.#callId = fitted(callId, LONGEST_CALL_ID);
    this.#tool = tool;
  }

  override delta(piece: string): string {
    this.#arguments += piece;
    return "";
  }

  override end(whole: boolean): string {
    const item = this.item(whole);
    return item ? this.added({ ...item, status: "in_progress" }) + this.done(item) : "";
  }

  override item(whole: boolean): Json | null {
    if (!whole) return null;
    const members = this.#tool.membersOf(argumentsIn(this.#arguments) ?? {});
    return { id: this.id, type: this.#tool.call, status: "completed", call_id: this.#callId, ...members };
  }
}
