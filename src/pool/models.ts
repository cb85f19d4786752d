/**
 * Which models an account serves, and under which names. Pure.
 */
import { matches } from "../ground/patterns.ts";
import { namesOf } from "../pricing/resolve.ts";
import { OWN_MODELS, PLATFORMS, type Platform } from "../vocabulary.ts";

/** The part of an account that decides about models. */
export interface ModelRules {
  /** Patterns with `*`; empty: any model. */
  allowedModels: string[];
  /** A name that is asked for, or a pattern with `*` → the account's own name, in which `*` stands for what the pattern's `*` matched. */
  modelMapping: Record<string, string>;
}

/** Whether the account serves the model, by its own rules or because it maps the name. */
export function servesModel(rules: ModelRules, model: string): boolean {
  return rules.allowedModels.length === 0 || namesModel(rules, model);
}

/** Whether one of the account's own rules names the model: its operator wants it served there. */
export function namesModel(rules: ModelRules, model: string): boolean {
  return rules.allowedModels.some((pattern) => matches(pattern, model)) || mappingOf(rules, model) !== null;
}

/**
 * Whether one of a key's denials names the model, by any of its names: Bedrock has several names for a model of Anthropic's, and the
 * price list knows which are the same. An ARN that tells no model may stand for any of them, so it counts as denied.
 */
export function deniesModel(denied: readonly string[], model: string): boolean {
  if (denied.length === 0) return false;
  const names = [...new Set(namesOf(model))];
  if (names.every((name) => name.toLowerCase().startsWith("arn:"))) return true;
  return denied.some((pattern) => names.some((name) => matches(pattern, name)));
}

/** The platform whose own model it is by its name; null if no platform has such names. */
export function ownerOf(model: string): Platform | null {
  return PLATFORMS.find((platform) => OWN_MODELS[platform]?.test(model)) ?? null;
}

/** The name under which the account knows a model: an exact mapping first, then the longest pattern that matches. */
export function upstreamModel(rules: ModelRules, model: string): string {
  const pattern = mappingOf(rules, model);
  return pattern === null ? model : renamedBy(pattern, model, rules.modelMapping[pattern] ?? model);
}

function mappingOf({ modelMapping }: ModelRules, model: string): string | null {
  return ruleFor(modelMapping, model);
}

/** The rule that applies to a model: the one with its exact name, else the longest pattern with `*` that matches. */
export function ruleFor(rules: Readonly<Record<string, unknown>>, model: string): string | null {
  if (Object.hasOwn(rules, model)) return model;
  const patterns = Object.keys(rules).filter((name) => name.includes("*") && matches(name, model));
  return patterns.sort((a, b) => b.length - a.length || (a < b ? -1 : 1))[0] ?? null;
}

/** What a rule makes of a model: `target`, in which `*` stands for what the pattern's `*` matched. */
export function renamedBy(pattern: string, model: string, target: string): string {
  const [head = "", ...tail] = pattern.split("*");
  if (tail.length !== 1) return target;
  return target.replace("*", () => model.slice(head.length, model.length - (tail[0] ?? "").length));
}
