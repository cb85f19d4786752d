/** What Google's refusals say about the form of a request: what to leave out, or how to sign otherwise, before asking again. */
import { levelMember } from "./config.ts";
import { INSTRUCTIONS, MEDIA_IN_RESULTS, SIGNATURES, type Signing } from "./writing.ts";

/** `lacks`: a member, by its own name (`Quirks.without`), that the model does not accept. */
export type Change = { lacks: string } | { signing: Signing };

/** Members without which a request means about the same. Other members are never left out for being unknown. */
const OPTIONAL = new Set([
  "temperature",
  "topP",
  "topK",
  "maxOutputTokens",
  "stopSequences",
  "responseMimeType",
  "responseJsonSchema",
  "thinkingConfig",
  "thinkingBudget",
  "thinkingLevel",
  "includeThoughts",
  "parametersJsonSchema",
  "googleSearch",
  "includeServerSideToolInvocations",
  "id",
  SIGNATURES,
]);

/** Parts of the conversation itself. */
export const IN_CONTENTS: ReadonlySet<string> = new Set(["id", MEDIA_IN_RESULTS, INSTRUCTIONS, SIGNATURES]);

/** What each refusal is about. The first match counts. The words are Google's own. */
const WORDS: readonly [RegExp, string][] = [
  [/include_?server_?side_?tool_?invocations/i, "includeServerSideToolInvocations"],
  [/(?:developer|system)[ _]?instructions? (?:is|are) not (?:enabled|supported)/i, INSTRUCTIONS],
  [/tool use with function calling is unsupported|search.{0,40}(?:tool )?is not supported/i, "googleSearch"],
  [/response mime type|controlled generation|json mode/i, "responseMimeType"],
  [/thinking level is not supported/i, "thinkingLevel"],
  [/(?:thinking )?budget [^.]{0,60}(?:invalid|not supported)|thinking_?budget/i, "thinkingBudget"],
  [/include_?thoughts/i, "includeThoughts"],
  [/\bthinking\b/i, "thinkingConfig"],
];

/** Null if no other form would help. `signing`: that of the refused request. */
export function changeFor(error: string, signing: Signing): Change | null {
  const unknown = error.match(/Unknown name \\?"(\w{1,64})\\?"/)?.[1];
  if (unknown !== undefined) {
    const member = camelCase(unknown);
    if (member === "parts" && /function_?response/i.test(error)) return { lacks: MEDIA_IN_RESULTS };
    return OPTIONAL.has(member) ? { lacks: member } : null;
  }
  if (isAboutSignatures(error)) return signingFor(error, signing);
  const level = error.match(/Thinking level (\w{1,20}) is not supported/i)?.[1];
  if (level !== undefined && level !== "is") return { lacks: levelMember(level) };
  if (/parameters_?json_?schema|undefined schema/i.test(error)) return { lacks: "parametersJsonSchema" };
  if (/response_?json_?schema/i.test(error)) return { lacks: "responseJsonSchema" };
  const member = WORDS.find(([words]) => words.test(error))?.[1];
  return member ? { lacks: member } : null;
}

export function isAboutSignatures(error: string): boolean {
  return /thought.?signature/i.test(error);
}

/** A missing signature is put in. A wrong one is taken out, together with all the others. */
function signingFor(error: string, { fill, keep }: Signing): Change | null {
  if (/missing/i.test(error) && !fill) return { signing: { fill: true, keep } };
  return keep ? { signing: { fill: true, keep: false } } : null;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
