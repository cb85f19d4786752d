/**
 * What Google's models accept, by name: one table, made from the pages of the Gemini API and from its refusals. Nothing is known of a
 * name that is not Google's, and then nothing is sent that a model could refuse.
 */
import type { Effort } from "../hub.ts";

export interface ModelFacts {
  /** How the model is told how much to think: by a level, by a budget in tokens (never both), or not at all. */
  thinking:
    | { by: "level"; efforts: readonly Effort[] }
    | { by: "budget"; least: number; most: number; off: boolean }
    | null;
  /** The most tokens of an answer, for a model that is newer than the price list; null if unknown. */
  mostTokens: number | null;
  /** Whether each step of calls must come back with the signature of its first call. */
  signsCalls: boolean;
  /** Whether the response of a function may have images. */
  mediaInResults: boolean;
  /** Whether functions go together with Google's search, and with an answer in JSON. */
  mixesTools: boolean;
  /** Whether it fetches https URLs that are not files of Google's. */
  fetchesUrls: boolean;
}

const NOTHING_KNOWN: ModelFacts = {
  thinking: null,
  mostTokens: null,
  signsCalls: false,
  mediaInResults: false,
  mixesTools: false,
  fetchesUrls: false,
};

const OLD: ModelFacts = { ...NOTHING_KNOWN, mostTokens: 8_192 };
const GEMINI_2_5: ModelFacts = { ...NOTHING_KNOWN, mostTokens: 65_536, fetchesUrls: true };
const GEMINI_3: ModelFacts = {
  thinking: null,
  mostTokens: 65_536,
  signsCalls: true,
  mediaInResults: true,
  mixesTools: true,
  fetchesUrls: true,
};

const ALL_LEVELS = ["minimal", "low", "medium", "high"] as const;
const WITHOUT_MINIMAL = ["low", "medium", "high"] as const;

function byLevel(...efforts: Effort[]): ModelFacts {
  return { ...GEMINI_3, thinking: { by: "level", efforts } };
}

function byBudget(least: number, most: number, off: boolean): ModelFacts {
  return { ...GEMINI_2_5, thinking: { by: "budget", least, most, off } };
}

/** The first line that matches counts. `-latest` names stand for the newest model. */
const MODELS: readonly [RegExp, ModelFacts][] = [
  [/^gemini-[3-9].*-(?:image|tts)/, GEMINI_3],
  [/^gemini-2\.5.*-(?:image|tts)/, GEMINI_2_5],
  [/^gemini-3-pro/, byLevel("low", "high")],
  [/^gemini-(?:[3-9].*|)flash-lite/, byLevel(...ALL_LEVELS)],
  [/^gemini-3(?:\.[0-6])?-flash/, byLevel(...ALL_LEVELS)],
  [/^gemini-(?:[3-9]|pro-latest|flash-latest)/, byLevel(...WITHOUT_MINIMAL)],
  [/^gemini-2\.5-flash-lite/, byBudget(512, 24_576, true)],
  [/^gemini-2\.5-flash/, byBudget(0, 24_576, true)],
  [/^gemini-2\.5/, byBudget(128, 32_768, false)],
  [/^gemini-/, OLD],
];

export function factsOf(model: string): ModelFacts {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return MODELS.find(([pattern]) => pattern.test(name))?.[1] ?? NOTHING_KNOWN;
}
