/** How much of a limit is used, as a bar with its figures. More than the limit fills the bar. */
import type { ComponentChildren } from "preact";
import { format } from "../locale/strings.ts";

interface Props {
  /** The used share of the limit, 0 to 1 or more. */
  share: number;
  /** Read aloud, with the share. */
  label: string;
  /** Above the bar, at its left and right ends. */
  children?: ComponentChildren;
}

const WARN_FROM = 0.75;

export function Meter({ share, label, children }: Props) {
  return (
    <div class="meter">
      {children !== undefined && <div class="words">{children}</div>}
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={`${label}: ${format.share(share)}`}>
        <rect class="track" width="100" height="6" />
        <rect class={`fill fill-${toneOf(share)}`} width={Math.min(100, share * 100)} height="6" />
      </svg>
    </div>
  );
}

export function toneOf(share: number): "ok" | "warn" | "bad" {
  return share >= 1 ? "bad" : share >= WARN_FROM ? "warn" : "ok";
}
