/** Four figures, with their former values and their course. */
import type { ComponentChildren } from "preact";
import { Spark } from "../../charts/spark.tsx";
import { format, strings } from "../../locale/strings.ts";
import { changeOf, type Overview } from "./overview.ts";
import { words } from "./words.ts";

export function Tiles({ overview }: { overview: Overview }) {
  const { cost_usd: cost, requests, error_rate: errors, ttft_p50_ms: median, ttft_p95_ms: slow } = overview.tiles;
  const shown = (share: number | null) => (share === null ? strings.units.none : format.share(share));
  return (
    <ul class="figures">
      <Tile
        name={words.cost}
        figure={format.usd(cost.now)}
        change={changeOf(Number(cost.now), cost.before === null ? null : Number(cost.before))}
        values={cost.series.map(Number)}
      >
        {overview.month && words.forecast(format.usd(overview.month.cost_usd), format.usd(overview.month.forecast_usd))}
      </Tile>
      <Tile
        name={words.requests}
        figure={format.count(requests.now)}
        change={changeOf(requests.now, requests.before)}
        values={requests.series}
      />
      <Tile
        name={words.errorRate}
        figure={shown(errors.now)}
        change={changeOf(errors.now, errors.before)}
        values={errors.series.map(Number)}
      >
        {words.errorsWhat}
      </Tile>
      <Tile
        name={words.ttft}
        figure={format.duration(median.now)}
        change={changeOf(median.now, median.before)}
        values={median.series.map(Number)}
      >
        {words.slow(format.duration(slow.now))}
      </Tile>
    </ul>
  );
}

interface TileProps {
  name: string;
  figure: string;
  /** Null if there is nothing to compare with. */
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
      {children && <p class="soft small">{children}</p>}
    </li>
  );
}
