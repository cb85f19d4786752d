/** A placeholder until the rows arrive. It also tells screen readers so. */
import { strings } from "../locale/strings.ts";

export function Skeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div class="skeleton" role="status" aria-label={strings.loading}>
      {Array.from({ length: rows }, (_, at) => (
        <span key={at} />
      ))}
    </div>
  );
}
