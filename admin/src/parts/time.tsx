/** A time as people say it, and on hover to the second, in the relay's time zone. */
import { format, strings } from "../locale/strings.ts";

interface Props {
  /** ISO 8601; null: a dash. */
  iso: string | null;
  /** Milliseconds since the epoch. */
  now: number;
  /** `ago`: the distance from now, past or future; `short`: the time of today, with the day if it was before. */
  as?: "ago" | "short";
}

export function Time({ iso, now, as = "ago" }: Props) {
  if (iso === null) return <span class="soft">{strings.units.none}</span>;
  return (
    <time dateTime={iso} title={format.moment(iso)}>
      {as === "ago" ? format.ago(iso, now) : format.time(iso, now)}
    </time>
  );
}
