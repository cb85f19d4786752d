/** The range of time that a page shows, kept in its address. */

import { withFilter } from "../list/filters.ts";
import { strings, zone } from "../locale/strings.ts";
import type { Router } from "../router/router.ts";
import { RANGES, rangeIn } from "./range.ts";

export function RangeSwitch({ router }: { router: Router }) {
  const chosen = rangeIn(router.search.value);
  return (
    <div class="line">
      <span class="soft small" title={strings.range.zone}>{`UTC${zone}`}</span>
      <fieldset class="choices" aria-label={strings.range.label}>
        {RANGES.map((range) => (
          <button
            key={range}
            type="button"
            aria-pressed={range === chosen}
            onClick={() => router.setSearch(withFilter(router.search.value, "range", range))}
          >
            {strings.range.names[range]}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
