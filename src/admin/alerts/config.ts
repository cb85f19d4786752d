/** A channel's configuration in the API, by the fields that its type lists. Secret values are never returned. */
import * as z from "zod/mini";
import type { Config } from "../../alerts/channels/channel.ts";
import { type ChannelType, channelOf } from "../../alerts/channels.ts";
import { addressProblem } from "../../alerts/send.ts";
import { textOf, trimmed } from "../../ground/shape.ts";
import type { Result } from "../../vocabulary.ts";
import type { FieldProblem } from "../api/refusal.ts";

const LONGEST = 2_000;

/** For any type. `configOf` checks the type's own fields. */
export const configBody = z.record(textOf(0, 40), trimmed(0, LONGEST));

/** The whole configuration, or what is wrong with it. It is always given whole, so that no stored secret goes to a new address. */
export function configOf(
  env: Env,
  type: ChannelType,
  given: z.output<typeof configBody>,
): Result<Config, FieldProblem[]> {
  const read = configAnywhere(type, given);
  const problem = read.ok ? addressProblem(env, channelOf(type), read.value) : null;
  if (!problem) return read;
  const { field, message } = problem;
  return { ok: false, refusal: [{ field: `config.${field}`, message, code: "wrong_format" }] };
}

/** The same, without checking whether the relay may talk to its addresses. */
export function configAnywhere(type: ChannelType, given: z.output<typeof configBody>): Result<Config, FieldProblem[]> {
  const channel = channelOf(type);
  const config: Record<string, string> = {};
  const problems: FieldProblem[] = [];
  for (const { name, kind, optional, preset, pattern } of channel.fields) {
    const value = given[name] || preset;
    const field = `config.${name}`;
    if (value === undefined) {
      if (!optional) problems.push({ field, message: "is missing", code: "required" });
    } else if (pattern && !pattern.test(value)) {
      problems.push({ field, message: "does not look like one", code: "wrong_format" });
    } else config[name] = kind === "address" && preset ? value.replace(/\/+$/, "") : value;
  }
  const known = channel.fields.map(({ name }) => name);
  for (const name of Object.keys(given)) {
    if (!known.includes(name))
      problems.push({ field: `config.${name}`, message: "is no field of this type", code: "unknown_field" });
  }
  return problems.length > 0 ? { ok: false, refusal: problems } : { ok: true, value: config };
}

/** What may be shown: the values that are no secret, and the host of a secret address. */
export function shownOf(type: ChannelType, config: Config): Record<string, string> {
  const shown = channelOf(type).fields.flatMap(({ name, kind, secret }): [string, string][] => {
    const value = config[name];
    if (value === undefined) return [];
    if (!secret) return [[name, value]];
    return kind === "address" ? [[name, new URL(value).host]] : [];
  });
  return Object.fromEntries(shown);
}
