/** Four figures with what they were before, and how they came about. */
import type { ComponentChildren } from "preact";
import { daysBetween, hoursBetween } from "../../charts/days.ts";
import { format } from "../../locale/strings.ts";
import { Spark } from "../../parts/spark.tsx";
import type { UsagePage } from "./overview.ts";
import { cachedShare, changeOf, errorShare } from "./shares.ts";
import { words } from "./words.ts";

interface Props {
  usage: UsagePage;
  /** The totals of as long a time before; null until they are known. */
  before: UsagePage["totals"] | null;
}

export function Tiles({ usage, before }: Props) {
  const { totals } = usage;
  const inTime = filled(usage);
  return (
    <ul class="figures">
      <Tile
        name={words.cost}
        figure={format.usd(totals.cost_usd)}
        change={before && changeOf(Number(totals.cost_usd), Number(before.cost_usd))}
        values={inTime.map(({ cost_usd }) => Number(cost_usd))}
      />
      <Tile
        name={words.requests}
        figure={format.count(totals.requests)}
        change={before && changeOf(totals.requests, before.requests)}
        values={inTime.map(({ requests }) => requests)}
      />
      <Tile
        name={words.errorRate}
        figure={format.share(errorShare(totals))}
        change={before && changeOf(errorShare(totals), errorShare(before))}
        values={inTime.map(errorShare)}
      >
        {words.ofRequests(format.count(totals.errors), format.count(totals.requests))}
      </Tile>
      <Tile
        name={words.cacheShare}
        figure={format.share(cachedShare(totals))}
        change={before && changeOf(cachedShare(totals), cachedShare(before))}
        values={inTime.map(cachedShare)}
      >
        {words.cacheWhat}
      </Tile>
    </ul>
  );
}

const NOTHING = {
  ...{ cost_usd: "0", requests: 0, errors: 0 },
  ...{ input_tokens: 0, cache_read_tokens: 0, cache_write_5m_tokens: 0, cache_write_1h_tokens: 0 },
};

/** A sum for each hour or day, also for those in which nothing was, oldest first. */
function filled({ items, from, to }: UsagePage): (typeof NOTHING)[] {
  const byHour = items.some(({ hour }) => hour !== undefined);
  const sums = new Map(items.map((item) => [item.hour ?? item.day, item]));
  const times = byHour ? hoursBetween(from, to) : daysBetween(from, to);
  return times.map((time) => sums.get(time) ?? NOTHING);
}

interface TileProps {
  name: string;
  figure: string;
  /** Null where there is nothing to compare with. */
  change: number | null;
  values: readonly number[];
  children?: ComponentChildren;
}

function Tile({ name, figure, change, values, children }: TileProps) {
  return (
    <li class="panel">
      <h2>{name}</h2>
      <div class="line">
        <b class="figure">{figure}</b>
        {change !== null && (
          <span class="soft small" title={words.changeWhat}>
            {change > 0 ? "+" : ""}
            {format.share(change)}
          </span>
        )}
      </div>
      <Spark values={values} label={name} />
      {children !== undefined && <p class="soft small">{children}</p>}
    </li>
  );
}
