/**
 * Prometheus' text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ . Pure.
 */

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What is measured, and all of its samples. */
export interface Family {
  /** In base units; the name of a counter ends with `_total`. */
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  samples: readonly Sample[];
}

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
  /** For a histogram: `_bucket` or `_count`. */
  suffix?: string;
}

/** A family without samples is left out. */
export function expose(families: readonly Family[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) =>
      [`# HELP ${name} ${escapedHelp(help)}`, `# TYPE ${name} ${type}`, ...samples.map((each) => line(name, each))]
        .map((text) => `${text}\n`)
        .join(""),
    )
    .join("");
}

function line(name: string, { labels, value, suffix = "" }: Sample): string {
  const pairs = Object.entries(labels).map(([label, of]) => `${label}="${escapedLabel(of)}"`);
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value === Number.POSITIVE_INFINITY ? "+Inf" : value}`;
}

function escapedHelp(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
}

function escapedLabel(text: string): string {
  return escapedHelp(text).replace(/"/g, '\\"');
}

/**
 * A histogram's samples. `counts`: how many values are in each bucket alone, not cumulative; `bounds`: the inclusive upper bound of each
 * bucket, ascending, without the last one, which is unbounded.
 */
export function histogram(labels: Sample["labels"], bounds: readonly number[], counts: readonly number[]): Sample[] {
  let below = 0;
  const buckets = [...bounds.map(String), "+Inf"].map((le, at): Sample => {
    below += counts[at] ?? 0;
    return { suffix: "_bucket", labels: { ...labels, le }, value: below };
  });
  return [...buckets, { suffix: "_count", labels, value: below }];
}
