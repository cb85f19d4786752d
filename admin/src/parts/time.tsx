/** A moment as people say it, and on hover to the second, in the relay's time zone. */
import { format, strings } from "../locale/strings.ts";

interface Props {
  /** ISO 8601; null: a dash. */
  iso: string | null;
  /** Milliseconds since the epoch. */
  now: number;
  /** `ago`: how long ago, or how long yet; `short`: the clock today, the day before that. */
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
