/** The members of a Chat request other than its conversation and its tools. */
import { object, text } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import { EFFORTS, type Effort, type HubFormat, type HubRequest, type HubThinkingConfig, type Json } from "../hub.ts";

/** The parameters that the hub has a place for. */
export type Parameters = Pick<
  HubRequest,
  | "maxTokens"
  | "temperature"
  | "topP"
  | "topK"
  | "stopSequences"
  | "thinking"
  | "effort"
  | "showThinking"
  | "format"
  | "verbosity"
  | "user"
>;

export function readParameters(body: Json, findings: Findings): Parameters {
  const thinking = readThinking(body, findings);
  return {
    ...readSampling(body, findings),
    ...thinking,
    format: readFormat(body.response_format ?? null, findings),
    verbosity: oneOf(VERBOSITIES, body, "verbosity", findings),
    user: text(body.safety_identifier) ?? text(body.user),
  };
}

/** Also serves the old completions, which have the same members. */
export function readSampling(body: Json, findings: Findings) {
  const limit = numberIn(body, "max_completion_tokens", findings, 1) ?? numberIn(body, "max_tokens", findings, 1);
  return {
    maxTokens: limit === null ? null : Math.floor(limit),
    temperature: numberIn(body, "temperature", findings, 0, 2),
    topP: numberIn(body, "top_p", findings, 0, 1),
    topK: numberIn(body, "top_k", findings, 0),
    stopSequences: readStop(body.stop ?? [], findings),
  };
}

/**
 * Names the members of a request that are not in `known`, the list of those that are read. Members in `without` mean something that
 * no other format has. They are named unless their value asks for nothing.
 */
export function nameDropped(body: Json, known: ReadonlySet<string>, findings: Findings): void {
  for (const [member, value] of Object.entries(body)) {
    if (!known.has(member) && !asksForNothing(value)) findings.drop(member);
  }
}

/** Some clients write down every default. Such a value asks for nothing. */
function asksForNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === false || value === 0 || (object(value) !== undefined && isEmpty(value as Json));
}

function isEmpty(value: Json): boolean {
  return Object.keys(value).length === 0;
}

/** Refuses a request for more than one answer, because no other format gives several. */
export function refuseChoices(body: Json, findings: Findings): void {
  for (const member of ["n", "best_of"]) {
    if ((body[member] ?? 1) !== 1) findings.refuse(member, "the accounts that serve this model give one answer");
  }
}

const VERBOSITIES = ["low", "medium", "high"] as const;

/** `most` and `least` are the API's own bounds. */
function numberIn(body: Json, member: string, findings: Findings, least: number, most = Infinity): number | null {
  const value = body[member] ?? null;
  if (value === null) return null;
  if (typeof value === "number" && Number.isFinite(value) && value >= least && value <= most) return value;
  findings.refuse(
    member,
    most === Infinity ? `must be a number of at least ${least}` : `must be a number from ${least} to ${most}`,
  );
  return null;
}

function oneOf<Word extends string>(
  words: readonly Word[],
  body: Json,
  member: string,
  findings: Findings,
): Word | null {
  const value = body[member] ?? null;
  const known = words.find((word) => word === value) ?? null;
  if (known === null && value !== null) findings.drop(member);
  return known;
}

/** The upstream decides about blank sequences. An empty one would stop the answer at once, so it is left out. */
function readStop(stop: unknown, findings: Findings): string[] {
  const list = Array.isArray(stop) ? stop : [stop];
  if (!list.every((each) => typeof each === "string")) findings.refuse("stop", "must be a text or a list of texts");
  return list.filter((each) => typeof each === "string" && each !== "");
}

/** Reads OpenAI's own member, and those of other services: `reasoning` (OpenRouter), `thinking` (DeepSeek, GLM, Kimi). */
function readThinking(body: Json, findings: Findings): Pick<Parameters, "thinking" | "effort" | "showThinking"> {
  const reasoning = object(body.reasoning) ?? {};
  const effort = oneOf(EFFORTS, body, "reasoning_effort", findings) ?? oneOf(EFFORTS, reasoning, "effort", findings);
  const thinking = configOf(effort, reasoning, object(body.thinking) ?? {});
  return { thinking, effort, showThinking: thinking?.type !== "disabled" && reasoning.exclude !== true };
}

function configOf(effort: Effort | null, reasoning: Json, { type, budget_tokens }: Json): HubThinkingConfig | null {
  if (effort === "none" || reasoning.enabled === false || type === "disabled") return { type: "disabled" };
  // An effort given as a word counts before a budget given as a number.
  if (effort !== null) return null;
  const budget = [reasoning.max_tokens, type === "enabled" ? budget_tokens : null].find(Number.isSafeInteger);
  if (typeof budget === "number" && budget > 0) return { type: "enabled", budget_tokens: budget };
  return reasoning.enabled === true || type === "enabled" || type === "adaptive" ? { type: "adaptive" } : null;
}

function readFormat(given: unknown, findings: Findings): HubFormat | null {
  const format = object(given);
  switch (format?.type) {
    case "json_object":
      return { type: "json" };
    case "json_schema":
      return schemaFormat(object(format.json_schema) ?? {}, findings);
    case "text":
      return null;
    default:
      if (given !== null) findings.refuse("response_format.type", "must be text, json_object or json_schema");
      return null;
  }
}

function schemaFormat({ name, description, schema, strict }: Json, findings: Findings): HubFormat {
  const known = object(schema);
  if (!known) {
    if (schema !== undefined && schema !== null)
      findings.refuse("response_format.json_schema.schema", "must be a JSON schema");
    return { type: "json" };
  }
  return {
    type: "json_schema",
    schema: known,
    ...(text(name) && { name: text(name) ?? "" }),
    ...(typeof strict === "boolean" && { strict }),
    ...(text(description) && { description: text(description) ?? "" }),
  };
}
