/** How a relayed request ended, as a word and a tone. Pure. */
import type { Tone } from "../../parts/badge.tsx";
import { words as requestsWords } from "./words.ts";

/** Outcomes that are unknown here, because the relay is newer, are shown by their own name. */
export function outcomeFace(outcome: string, status: number): { text: string; tone: Tone } {
  const words: Record<string, string> = requestsWords.outcomes;
  const text = words[outcome] ?? outcome.replaceAll("_", " ");
  if (outcome === "completed") return { text, tone: status < 400 ? "ok" : "bad" };
  return { text, tone: outcome === "client_left" ? "warn" : "bad" };
}
