/**
 * A strict reader of Prometheus' text format 0.0.4. It throws where Prometheus would drop the scrape, and where promtool would complain.
 */

export interface Scraped {
  /** The value of the one sample that has these labels, and maybe more; undefined if there is none. */
  value(name: string, labels: Record<string, string>): number | undefined;
  names: ReadonlySet<string>;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)|\+Inf|NaN)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

export function parseExposition(text: string): Scraped {
  if (!text.endsWith("\n")) throw new Error("The last line does not end");
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const seen = new Set<string>();
  const samples: { name: string; labels: Record<string, string>; value: number }[] = [];
  let current = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
    if (comment) {
      const [, what, name = "", rest = ""] = comment;
      if (what === "HELP" && helped.has(name)) throw new Error(`${name} has two HELP lines`);
      if (what === "HELP") helped.add(name);
      if (what === "TYPE" && (types.has(name) || !["counter", "gauge", "histogram"].includes(rest)))
        throw new Error(`TYPE of ${name}`);
      if (what === "TYPE") types.set(name, rest);
      if (what === "TYPE") current = name;
      continue;
    }
    const sample = LINE.exec(line);
    if (!sample) throw new Error(`No sample: ${line}`);
    const [, name = "", written = "", value = ""] = sample;
    const type = types.get(current);
    const family = type === "histogram" ? name.replace(/_(?:bucket|count|sum)$/, "") : name;
    if (family !== current || !helped.has(family)) throw new Error(`${name} does not stand with its family`);
    if (type === "counter" && !name.endsWith("_total")) throw new Error(`${name} is a counter and does not say so`);
    if (type !== "counter" && name.endsWith("_total")) throw new Error(`${name} is no counter and says so`);
    const labels = labelsIn(written);
    const key = `${name}${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(key)) throw new Error(`Twice: ${line}`);
    seen.add(key);
    samples.push({ name, labels, value: value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value) });
  }
  checkHistograms(samples);
  return {
    names: new Set(types.keys()),
    value: (name, labels) =>
      samples.find(
        (one) => one.name === name && Object.entries(labels).every(([label, of]) => one.labels[label] === of),
      )?.value,
  };
}

function labelsIn(written: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < written.length; at = LABEL.lastIndex) {
    const found = LABEL.exec(written);
    if (!found) throw new Error(`Labels: ${written}`);
    const [, name = "", value = ""] = found;
    if (name in labels) throw new Error(`Label twice: ${written}`);
    labels[name] = value.replace(/\\(["\\n])/g, (_, of) => (of === "n" ? "\n" : of));
  }
  return labels;
}

/** Buckets grow with their bounds, and the last one holds all values. */
function checkHistograms(samples: readonly { name: string; labels: Record<string, string>; value: number }[]): void {
  const last = new Map<string, { le: number; value: number }>();
  for (const { name, labels, value } of samples) {
    if (!name.endsWith("_bucket")) continue;
    const { le = "", ...others } = labels;
    const key = name + JSON.stringify(others);
    const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
    const before = last.get(key);
    if (before && (bound <= before.le || value < before.value)) throw new Error(`Buckets of ${key} do not grow`);
    last.set(key, { le: bound, value });
  }
  for (const [key, { le }] of last) if (le !== Number.POSITIVE_INFINITY) throw new Error(`${key} has no last bucket`);
}
