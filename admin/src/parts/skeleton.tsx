/** Stands where rows will be, until they are there; says so to who cannot see it. */
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
