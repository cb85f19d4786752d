/** Vectors for the embedding routes: of length one, and always the same for the same text. They have no meaning. */
import { createHash } from "node:crypto";

export function embeddingOf(text: string, dimensions: number): number[] {
  const seed = createHash("sha256").update(text).digest();
  const raw = Array.from({ length: dimensions }, (_, at) => Math.sin((at + 1) * (1 + (seed[at % seed.length] ?? 0))));
  const length = Math.hypot(...raw) || 1;
  return raw.map((value) => value / length);
}
