/** A state, as a word in its colour, with why on hover. The word says it alone; the colour only repeats it. */
import type { ComponentChildren } from "preact";

export type Tone = "ok" | "warn" | "bad" | "off";

interface Props {
  tone: Tone;
  /** Why, in a sentence. */
  why?: string | undefined;
  /** Where many stand one below the other and most are well: those that are not stand out. */
  quiet?: boolean;
  children: ComponentChildren;
}

export function Badge({ tone, why, quiet, children }: Props) {
  return (
    <span class={`badge tone-${tone} ${quiet ? "quiet" : ""}`} title={why}>
      <span class="dot" />
      {children}
    </span>
  );
}
