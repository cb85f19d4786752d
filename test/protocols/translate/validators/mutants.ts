/** Streams that are wrong in one way each: a validator that does not find one of them is no validator. */
import { expect, test } from "vitest";

/** An event, free to be changed. */
// biome-ignore lint/suspicious/noExplicitAny: a mutant is of no type.
export type Loose = Record<string, any>;
export type Events = Loose[];
/** Changes a copy of the events in place, or gives other ones. */
export type Mutation = (events: Events) => Events | undefined;

/** A test for each mutation: the validator takes the stream, and finds what was done to it. */
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

/** Events with their type for a name. */
export function named(events: Events): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/** Events without a name; a text is data as it is. */
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
