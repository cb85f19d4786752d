/** A small line of past values without figures, beside a figure that says the rest. Draws nothing for a single value. */
interface Props {
  /** Oldest first, not negative. */
  values: readonly number[];
  label: string;
}

const WIDTH = 120;
const HEIGHT = 32;
/** Half of the stroke is above the line. */
const MARGIN = 1;

export function Spark({ values, label }: Props) {
  if (values.length < 2) return <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" />;
  const line = sparkPath(values);
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path class="area" d={`${line}V${HEIGHT}H0Z`} />
      <path d={line} />
    </svg>
  );
}

/** The line from left to right, with 0 at the bottom. Pure. */
export function sparkPath(values: readonly number[]): string {
  const top = Math.max(...values, Number.MIN_VALUE);
  const step = WIDTH / (values.length - 1);
  return values
    .map((value, at) => {
      const y = HEIGHT - MARGIN - (value / top) * (HEIGHT - 2 * MARGIN);
      return `${at === 0 ? "M" : "L"}${round(at * step)} ${round(y)}`;
    })
    .join("");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
