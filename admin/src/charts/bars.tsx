/**
 * Stacked bars over time. Plain SVG: it follows the theme, costs 2 kB and needs no inline style. A table repeats the figures for people
 * who cannot see the bars. The figures of one bar appear when it is pointed at or reached with the arrow keys.
 */
import { useSignal } from "@preact/signals";
import { strings } from "../locale/strings.ts";
import { bucketHandlers } from "./pointing.ts";
import "./charts.css";

export interface Series {
  name: string;
  /** One for each bucket, not negative. */
  values: readonly number[];
}

export interface Bucket {
  /** Below the axis, if there is room. */
  short: string;
  /** The heading of the bar's figures. */
  long: string;
}

interface Props {
  label: string;
  buckets: readonly Bucket[];
  /** At most six, because there are six colours. */
  series: readonly Series[];
  show: (value: number) => string;
}

const HEIGHT = 100;
const STEP = 10;
const GAP = 1.6;

export function Bars({ label, buckets, series, show }: Props) {
  const at = useSignal<number | null>(null);
  const handlers = bucketHandlers(at, buckets.length);
  const sums = buckets.map((_, place) => series.reduce((sum, { values }) => sum + (values[place] ?? 0), 0));
  const top = Math.max(...sums, 0);
  const pointed = at.value === null ? null : buckets[at.value];

  return (
    <figure class="chart">
      <span class="top figure" aria-hidden="true">
        {show(top)}
      </span>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys show the figures of a bar */}
      {/* biome-ignore lint/a11y/useSemanticElements: a plot is no set of fields */}
      <div class="plot" {...handlers} tabIndex={0} role="group" aria-label={label}>
        <svg viewBox={`0 0 ${buckets.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {buckets.map((bucket, place) => (
            <g key={bucket.long} class={at.value === place ? "pointed" : undefined}>
              <rect class="space" x={place * STEP} width={STEP} height={HEIGHT} />
              {stacked(series, place, top).map(({ from, height, colour }) => (
                <rect
                  key={colour}
                  class={`chart-${colour}`}
                  x={place * STEP + GAP / 2}
                  width={STEP - GAP}
                  y={HEIGHT - from - height}
                  height={height}
                />
              ))}
            </g>
          ))}
        </svg>
        {pointed && at.value !== null && (
          <div class={at.value > buckets.length / 2 ? "tip left" : "tip"} role="status">
            <b>{pointed.long}</b>
            <dl>
              {series.map(({ name, values }, place) => (
                <div key={name}>
                  <dt>
                    <span class={`swatch chart-${place + 1}`} />
                    <span class="cut">{name}</span>
                  </dt>
                  <dd class="figure">{show(values[at.value ?? 0] ?? 0)}</dd>
                </div>
              ))}
              {series.length > 1 && (
                <div class="sum">
                  <dt>{strings.charts.sum}</dt>
                  <dd class="figure">{show(sums[at.value] ?? 0)}</dd>
                </div>
              )}
            </dl>
          </div>
        )}
      </div>
      <div class="axis" aria-hidden="true">
        <span>{buckets[0]?.short}</span>
        <span>{buckets[Math.floor(buckets.length / 2)]?.short}</span>
        <span>{buckets.at(-1)?.short}</span>
      </div>
      {series.length > 1 && (
        <ul class="legend">
          {series.map(({ name }, place) => (
            <li key={name}>
              <span class={`swatch chart-${place + 1}`} />
              <span class="cut" title={name}>
                {name}
              </span>
            </li>
          ))}
        </ul>
      )}
      {/* A table is as wide as its content, however little of it is shown. So an element around it hides it. */}
      <div class="unseen">
        <table>
          <caption>{label}</caption>
          <tbody>
            {buckets.map((bucket, place) => (
              <tr key={bucket.long}>
                <th scope="row">{bucket.long}</th>
                {series.map(({ name, values }) => (
                  <td key={name}>{`${name}: ${show(values[place] ?? 0)}`}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** The parts of one bar, from bottom to top. Pure. */
export function stacked(
  series: readonly Series[],
  place: number,
  top: number,
): { from: number; height: number; colour: number }[] {
  let from = 0;
  return series.flatMap(({ values }, at) => {
    const height = top === 0 ? 0 : ((values[place] ?? 0) / top) * HEIGHT;
    const part = { from, height, colour: at + 1 };
    from += height;
    return height === 0 ? [] : [part];
  });
}
