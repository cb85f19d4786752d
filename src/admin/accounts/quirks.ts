/**
 * How an operator says that an account's upstream differs from its format: the members of `quirks`, each of which may be missing. A given
 * member counts before the preset of the base URL (src/providers/quirks.ts).
 */
import * as z from "zod/mini";
import { into, textOf, trimmed } from "../../ground/shape.ts";
import { EFFORTS } from "../../protocols/translate/hub.ts";
import {
  ANSWER_FORMATS,
  type Quirks,
  REASONING_HISTORIES,
  THINKING_CONTROLS,
  TOOL_CHOICES,
} from "../../protocols/translate/quirks.ts";
import { unique } from "../api/fields.ts";

/** Members of a request that decide what is asked, or what it costs. */
const OURS: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "tools",
  "stream",
  "stream_options",
  "n",
  "service_tier",
]);
const MOST_MEMBERS = 16;
const MOST_LINES = 32;

const member = z.string().check(
  z.regex(/^[a-z][a-z0-9_]{0,63}$/, "must be the name of a parameter"),
  z.refine((name) => !OURS.has(name), "is a member that the relay itself writes"),
);
const scalar = z.union([textOf(0, 200), z.number(), z.boolean()]);
const extraBody = z
  .record(member, scalar)
  .check(z.refine((members) => Object.keys(members).length <= MOST_MEMBERS, `at most ${MOST_MEMBERS} members`));
const line = trimmed(1, 100);

/** Each member: its name here, and its allowed values. */
const MEMBERS = {
  reasoning_history: ["reasoningHistory", z.nullable(z.enum(REASONING_HISTORIES))],
  reasoning_required: ["reasoningRequired", z.boolean()],
  thinking_control: ["thinkingControl", z.nullable(z.enum(THINKING_CONTROLS))],
  efforts: ["efforts", z.nullable(unique(z.array(z.enum(EFFORTS)).check(z.maxLength(EFFORTS.length))))],
  max_tokens: ["maxTokens", z.enum(["max_tokens", "max_completion_tokens"])],
  instructions: ["instructions", z.enum(["system", "developer"])],
  system_anywhere: ["systemAnywhere", z.boolean()],
  user_after_tool: ["userAfterTool", z.boolean()],
  images_in_tool_results: ["imagesInToolResults", z.boolean()],
  image_urls: ["imageUrls", z.boolean()],
  files: ["files", z.boolean()],
  cache_control: ["cacheControl", z.boolean()],
  tool_choice: ["toolChoice", z.enum(TOOL_CHOICES)],
  answer_formats: ["answerFormats", z.enum(ANSWER_FORMATS)],
  tool_stream: ["toolStream", z.boolean()],
  short_call_ids: ["shortCallIds", z.boolean()],
  top_k: ["topK", z.boolean()],
  verbosity: ["verbosity", z.boolean()],
  web_search: ["webSearch", z.boolean()],
  user: ["user", z.nullable(z.enum(["safety_identifier", "user"]))],
  prompt_cache_key: ["promptCacheKey", z.boolean()],
  ends_silently: ["endsSilently", z.boolean()],
  extra_body: ["extraBody", extraBody],
  without: ["without", unique(z.array(line).check(z.maxLength(MOST_LINES)))],
} as const satisfies Record<string, readonly [keyof Quirks, z.ZodMiniType]>;

type Name = keyof typeof MEMBERS;

/** The quirks in the API's words. */
export type QuirksView = { [Each in Name]?: z.output<(typeof MEMBERS)[Each][1]> };

const shape = Object.fromEntries(Object.entries(MEMBERS).map(([name, [, schema]]) => [name, z.optional(schema)])) as {
  [Each in Name]: z.ZodMiniOptional<(typeof MEMBERS)[Each][1]>;
};

export const quirks = into(z.strictObject(shape), (given) => {
  const said = Object.entries(MEMBERS).map(([name, [at]]) => [at, given[name as Name]] as const);
  return Object.fromEntries(said.filter(([, value]) => value !== undefined)) as Partial<Quirks>;
});

export function quirksView(said: Partial<Quirks>): QuirksView {
  const shown = Object.entries(MEMBERS).map(([name, [at]]) => [name, said[at]] as const);
  return Object.fromEntries(shown.filter(([, value]) => value !== undefined));
}
