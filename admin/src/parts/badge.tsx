/** A state, as a coloured word, with the reason on hover. The word alone says it; the colour only repeats it. */
import type { ComponentChildren } from "preact";

export type Tone = "ok" | "warn" | "bad" | "off";

interface Props {
  tone: Tone;
  /** The reason, in a sentence. */
  why?: string | undefined;
  /** For columns of many badges of which most are fine: makes those that are not stand out. */
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
