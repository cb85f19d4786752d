/** Google's `generationConfig`: reads all that other providers have too, and names the members that none has. */
import type { Findings } from "../findings.ts";
import { EFFORTS, type Effort, type HubFormat, type HubRequest, type HubThinkingConfig, type Json } from "../hub.ts";
import { camel, listAt, member, numberAt, objectAt, textAt } from "./fields.ts";
import { jsonSchemaOf } from "./schema.ts";

export type Config = Pick<
  HubRequest,
  "maxTokens" | "temperature" | "topP" | "topK" | "stopSequences" | "thinking" | "effort" | "showThinking" | "format"
>;

const READ = new Set([
  ...["temperature", "topP", "topK", "maxOutputTokens", "stopSequences", "candidateCount", "thinkingConfig"],
  ...["responseMimeType", "responseSchema", "responseJsonSchema", "responseModalities"],
]);

export function readConfig(body: Json, findings: Findings): Config {
  const config = objectAt(body, "generationConfig") ?? {};
  for (const [name, value] of Object.entries(config)) {
    if (!READ.has(camel(name)) && value !== null && value !== false) findings.drop(`generationConfig.${name}`);
  }
  refuseOthers(config, findings);
  const maxTokens = number(config, "maxOutputTokens", findings);
  return {
    maxTokens: maxTokens === null || maxTokens <= 0 ? null : Math.ceil(maxTokens),
    temperature: number(config, "temperature", findings),
    topP: number(config, "topP", findings),
    topK: number(config, "topK", findings),
    stopSequences: listAt(config, "stopSequences").filter(
      (stop) => typeof stop === "string" && stop !== "",
    ) as string[],
    ...thinkingIn(objectAt(config, "thinkingConfig")),
    format: formatIn(config, findings),
  };
}

/** Refuses several answers, and answers that are no text, because no other format has them. */
function refuseOthers(config: Json, findings: Findings): void {
  if ((numberAt(config, "candidateCount") ?? 1) > 1) {
    findings.refuse("generationConfig.candidateCount", "the accounts that serve this model give one answer");
  }
  if (!listAt(config, "responseModalities").every((each) => /^(?:TEXT|MODALITY_UNSPECIFIED)$/i.test(String(each)))) {
    findings.refuse("generationConfig.responseModalities", "the accounts that serve this model answer in text");
  }
}

function number(config: Json, name: string, findings: Findings): number | null {
  const value = numberAt(config, name);
  if (value === null && member(config, name) !== null) findings.refuse(`generationConfig.${name}`, "must be a number");
  return value;
}

function thinkingIn(config: Json | null): Pick<Config, "thinking" | "effort" | "showThinking"> {
  if (!config) return { thinking: null, effort: null, showThinking: false };
  const showThinking = member(config, "includeThoughts") === true;
  const effort = effortIn(config);
  const budget = numberAt(config, "thinkingBudget");
  // Google's models think unless they are told not to.
  return {
    thinking: effort === null && budget !== null ? ofBudget(budget) : { type: "adaptive" },
    effort,
    showThinking,
  };
}

function effortIn(config: Json): Effort | null {
  const level = textAt(config, "thinkingLevel")?.toLowerCase();
  return EFFORTS.find((effort) => effort === level) ?? null;
}

/** A negative budget means: as much as the model finds right. */
function ofBudget(budget: number): HubThinkingConfig {
  if (budget === 0) return { type: "disabled" };
  return budget < 0 ? { type: "adaptive" } : { type: "enabled", budget_tokens: Math.ceil(budget) };
}

function formatIn(config: Json, findings: Findings): HubFormat | null {
  const type = textAt(config, "responseMimeType") ?? "text/plain";
  const own = objectAt(config, "responseJsonSchema") ?? objectAt(config, "responseSchema");
  if (type === "text/plain") return null;
  // Google can ask for one value of a list. No other provider answers in that way.
  if (type !== "application/json") {
    findings.refuse("generationConfig.responseMimeType", "must be text/plain or application/json");
    return null;
  }
  return own
    ? { type: "json_schema", schema: jsonSchemaOf(own, "generationConfig.responseSchema", findings) }
    : { type: "json" };
}
