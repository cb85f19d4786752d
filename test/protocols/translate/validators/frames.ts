/** Takes a written stream of server-sent events apart for the validators. */

export interface Frame {
  /** From the `event:` line; null if there is none. */
  event: string | null;
  data: string;
}

/** What a validator has found: each broken rule, in words. */
export class Violations {
  readonly list: string[] = [];

  rule(holds: boolean, words: string): void {
    if (!holds) this.list.push(words);
  }
}

/** The frames of `text`, without comments. Each must be one `data:` line, with at most one `event:` line before it. */
export function framesOf(text: string, violations: Violations): Frame[] {
  const rule = (holds: boolean, words: string) => violations.rule(holds, words);
  rule(text === "" || text.endsWith("\n\n"), "the last event has its blank line");
  rule(!text.includes("\r"), "lines end with LF alone");
  const frames: Frame[] = [];
  for (const block of text.split("\n\n")) {
    const lines = block.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
    if (lines.length === 0) continue;
    const data = lines.filter((line) => line.startsWith("data: "));
    const events = lines.filter((line) => line.startsWith("event: "));
    rule(data.length === 1 && events.length <= 1, "an event has one line of data, and one name at most");
    rule(data.length + events.length === lines.length, `nothing but event and data stands in an event: ${block}`);
    if (events.length > 0) rule(lines[0] === events[0], "the name stands before the data");
    frames.push({ event: events[0]?.slice(7) ?? null, data: data[0]?.slice(6) ?? "" });
  }
  return frames;
}

/** The data of each event of `text`, for the formats whose events have types: Messages and Responses. */
export function typedEventsOf(text: string, violations: Violations): Data[] {
  return framesOf(text, violations).map(({ event, data }) => {
    const value = parsed(data);
    violations.rule(isData(value), `the data of an event is an object: ${data}`);
    violations.rule(event === dataOf(value).type, `the name of an event is its type: ${event}`);
    return dataOf(value);
  });
}

export type Data = Record<string, unknown>;

export function isData(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as an object; `{}` if it is none. */
export function dataOf(value: unknown): Data {
  return isData(value) ? value : {};
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function isWord(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Whether two values are the same JSON, whatever the order of their members. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    const [one, other] = [listOf(a), listOf(b)];
    return (
      Array.isArray(a) && Array.isArray(b) && one.length === other.length && one.every((v, i) => sameJson(v, other[i]))
    );
  }
  if (!isData(a) || !isData(b)) return a === b;
  const names = Object.keys(a).filter((name) => a[name] !== undefined);
  const others = Object.keys(b).filter((name) => b[name] !== undefined);
  return names.length === others.length && names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]));
}
