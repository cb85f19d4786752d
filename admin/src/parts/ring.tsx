/** How much of a provider's quota is used, as a ring with the share beside it. */
import { format } from "../locale/strings.ts";
import { toneOf } from "./meter.tsx";

const RADIUS = 19;
const AROUND = 2 * Math.PI * RADIUS;

interface Props {
  /** 0 to 1 or more. */
  share: number;
  label: string;
}

export function Ring({ share, label }: Props) {
  const shown = Math.min(1, Math.max(0, share));
  return (
    <svg
      class={`ring tone-${toneOf(share)}`}
      viewBox="0 0 44 44"
      role="img"
      aria-label={`${label}: ${format.share(share)}`}
    >
      <circle class="track" cx="22" cy="22" r={RADIUS} />
      {shown > 0 && <circle class="fill" cx="22" cy="22" r={RADIUS} stroke-dasharray={`${shown * AROUND} ${AROUND}`} />}
    </svg>
  );
}
