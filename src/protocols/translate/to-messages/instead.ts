/**
 * What a 400 of the Messages API says about the form of a request, and the form to send instead. It may be about thinking that the API
 * did not sign, or about a parameter that the model, or a service that only imitates this API, does not know.
 */
import { object, parse, text } from "../../../ground/json.ts";
import type { ClaudeModel } from "./models.ts";
import type { Form } from "./request.ts";

export interface Amended {
  form: Form;
  /** The member that is left out from now on; null if it concerns only this request. */
  lacks: string | null;
}

/** Null if the error is not about the form, or the other form was tried already. */
export function amended(form: Form, error: string): Amended | null {
  const words = (text(object(object(parse(error))?.error)?.message) ?? error).slice(0, LONGEST);
  if (isThinkingRefused(words))
    return form.stripsThinking ? null : { form: { ...form, stripsThinking: true }, lacks: null };
  if (MUST_DEFINE_TOOLS.test(words))
    return form.definesTools ? null : { form: { ...form, definesTools: true }, lacks: null };
  for (const [pattern, change] of MODEL_RULES) {
    const differs = Object.entries(change).some(([name, value]) => form.model[name as keyof ClaudeModel] !== value);
    if (differs && pattern.test(words)) return { form: { ...form, model: { ...form.model, ...change } }, lacks: null };
  }
  const member = refusedMember(words);
  if (member === null || form.without.includes(member)) return null;
  return { form: { ...form, without: [...form.without, member] }, lacks: member };
}

/** The cause is at the beginning of an error, and a whole quoted request may follow it. */
const LONGEST = 2_000;

/**
 * Errors about a foreign signature, and about thinking that was moved or changed. Some variants leave "block" out (oh-my-pi#4298), so
 * the pattern does too. Seen: claude-code-hub#518, CLIProxyAPI#570, CLIProxyAPI#2172, bifrost#6342.
 */
const REFUSED_THINKING =
  /invalid\s+[`'"]?signature[`'"]?\s+in\s+[`'"]?thinking|expected [`'"]?thinking|thinking[`'"]? or [`'"]?redacted_thinking[`'"]? blocks?.{0,80}cannot be modified|[`'"]?thinking[`'"]? blocks? (?:is|are|was|were) (?:bound|tied)|signature: field required/i;

/** Whether an error says that the thinking in the history is not what this upstream has sent. */
export function isThinkingRefused(words: string): boolean {
  return REFUSED_THINKING.test(words);
}

/** A client that summarises a conversation sends its calls without tools. Anthropic has refused that, and Bedrock still does. */
const MUST_DEFINE_TOOLS = /must define tools|toolConfig field must be defined/i;

const MODEL_RULES: readonly [RegExp, Partial<ClaudeModel>][] = [
  [/thinking\.type\.enabled\W.{0,20}not supported|use\W+thinking\.type\.adaptive/i, { thinking: "adaptive" }],
  [/thinking\.type\.disabled\W.{0,20}not supported/i, { thinkingOff: "never" }],
  [/adaptive.{0,40}not supported|does not support adaptive/i, { thinking: "budget" }],
  [/role\W+system\W.{0,20}not supported|unexpected role\W+system/i, { systemAnywhere: false }],
  [/does not support assistant message prefill|conversation must end with a user message/i, { prefill: false }],
  [/tool_choice forces tool use is not compatible/i, { forcedTools: false }],
  [/thinking may not be enabled when tool_choice/i, { forcedWhileThinking: false }],
  [/temperature.{0,20} and .{0,5}top_p.{0,20}cannot both/i, { sampling: "one" }],
];

/** What services say about a parameter that they do not know. Its path is the first group. */
const UNKNOWN_MEMBER: readonly RegExp[] = [
  /([\w.]+): Extra inputs are not permitted/,
  /[`'"]?([\w.]+)[`'"]?(?: parameter)? is (?:deprecated|not supported|unsupported)/i,
  /(?:unsupported|unknown|unrecognized|unexpected|invalid) (?:parameter|field|argument|key)s?:? [`'"]?([\w.]+)/i,
  /does not support (?:the )?[`'"]?([\w.]+)/i,
  /(output_config\.(?:effort|format)[\w.]*)/,
  /(output_format|strict)\b.{0,40}(?:schema|tool)/i,
];

/** Members without which there is no request. */
const NEEDED = new Set(["model", "messages", "max_tokens", "tools", "stream"]);
/** The beginnings of members that may be left out. */
const KNOWN = [
  ...["temperature", "top_p", "top_k", "stop_sequences", "metadata", "thinking", "tool_choice"],
  ...["output_config.effort", "output_config.format", "output_config", "tools.strict"],
];

function refusedMember(words: string): string | null {
  for (const pattern of UNKNOWN_MEMBER) {
    const path = words.match(pattern)?.[1];
    const member = path === undefined ? null : memberAt(path);
    if (member !== null) return member;
  }
  return null;
}

/** The member of a path in an error: `tools.0.custom.strict` is `tools.strict`. */
function memberAt(path: string): string | null {
  const plain = path
    .split(".")
    .filter((step) => !/^\d+$/.test(step) && step !== "custom")
    .join(".");
  if (plain === "strict") return "tools.strict";
  if (plain === "effort") return "output_config.effort";
  const known = KNOWN.find((member) => plain === member || plain.startsWith(`${member}.`));
  return known !== undefined && !NEEDED.has(known) ? known : null;
}
