/** Streams that are wrong in one way each. A validator must find every one of them. */
import { expect, test } from "vitest";

/** An event, free to be changed. */
// biome-ignore lint/suspicious/noExplicitAny: a mutant is of no type.
export type Loose = Record<string, any>;
export type Events = Loose[];
/** Changes a copy of the events in place, or returns other ones. */
export type Mutation = (events: Events) => Events | undefined;

/** A test for each mutation: the validator accepts the stream, and finds what was changed. */
export function findsEach(
  valid: Events,
  write: (events: Events) => string,
  violations: (text: string) => string[],
  mutations: Readonly<Record<string, Mutation>>,
): void {
  test("a stream as it should be breaks no rule", () => {
    expect(violations(write(valid))).toEqual([]);
  });
  test.each(Object.entries(mutations))("is found: %s", (_, mutation) => {
    const copy = structuredClone(valid);
    const mutant = write(mutation(copy) ?? copy);
    expect(mutant).not.toBe(write(valid));
    expect(violations(mutant)).not.toEqual([]);
  });
}

/** Events named by their types. */
export function named(events: Events): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/** Events without names. A text is used as data unchanged. */
export function unnamed(events: (Loose | string)[]): string {
  return events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");
}

export function without(events: Events, at: number): Events {
  return events.toSpliced(at, 1);
}

export function swapped(events: Events, at: number): Events {
  const [one, other] = [events[at] ?? {}, events[at + 1] ?? {}];
  return events.toSpliced(at, 2, other, one);
}

export function repeated(events: Events, at: number): Events {
  return events.toSpliced(at, 0, structuredClone(events[at] ?? {}));
}

/** The event at `at`, to be changed. */
export function at(events: Events, index: number): Loose {
  const event = events.at(index);
  if (!event) throw new Error(`there is no event ${index}`);
  return event;
}
