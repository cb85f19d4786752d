/**
 * The state of a form: what was typed, what is wrong with it, whether it differs from the start, and its sending. It tells what is wrong
 * only after somebody has tried to send it. A field that is changed after that counts as right until the next try.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Answer } from "../api.ts";
import { locale } from "../locale/strings.ts";
import type { Problem } from "../problem.ts";
import type { Drafts, Fields, Values } from "./field.ts";
import { type FieldProblem, nameIn, problemOf, textOf } from "./problem.ts";

export interface Form<Result> {
  fields: Fields;
  draftOf(name: string): string;
  /** Whether the field is shown for what was typed so far. */
  shows(name: string): boolean;
  change(name: string, draft: string): void;
  /** By field, in words. */
  problems: ReadonlySignal<Readonly<Record<string, string>>>;
  /** A problem that no field can show. */
  problem: ReadonlySignal<Problem | null>;
  /** Whether something was typed that is not sent yet. */
  dirty: ReadonlySignal<boolean>;
  sending: ReadonlySignal<boolean>;
  /** The number of failed tries. When it grows, the first problem gets the focus. */
  failures: ReadonlySignal<number>;
  /** The values of these fields, without sending them; null if something is wrong with them, which is then shown. `now` as below. */
  read(names: readonly string[], now: number): Readonly<Record<string, unknown>> | null;
  /** Shows what the relay says is wrong, once the words for it are loaded. */
  tell(problem: Problem): Promise<null>;
  /** The answer, or null if something is wrong. `now` in milliseconds since the epoch. */
  submit(now: number): Promise<{ result: Result } | null>;
}

export function createForm<Of extends Fields, Result>(
  fields: Of,
  /** `changed`: the names of the fields that differ from the start. */
  send: (values: Values<Of>, changed: ReadonlySet<string>) => Promise<Answer<Result>>,
): Form<Result> {
  const names = Object.keys(fields);
  const drafts = Object.fromEntries(
    Object.entries(fields).map(([name, { initial }]): [string, Signal<string>] => [name, signal(initial)]),
  );
  const problems = signal<Readonly<Record<string, string>>>({});
  const problem = signal<Problem | null>(null);
  const sending = signal(false);
  const sent = signal(false);
  const failures = signal(0);

  const draftOf = (name: string) => drafts[name]?.value ?? "";
  const typed = (): Drafts => Object.fromEntries(names.map((name) => [name, draftOf(name)]));

  function fail(found: Record<string, string>, rest: Problem | null): null {
    problems.value = found;
    problem.value = rest;
    failures.value += 1;
    return null;
  }

  async function tell(wrong: Problem): Promise<null> {
    const { shown, rest } = placed(await translated(wrong), names);
    return fail(shown, rest);
  }

  return {
    fields,
    draftOf,
    shows: (name) => !fields[name]?.hides || fields[name].applies?.(typed()) !== false,
    change(name, draft) {
      const changed = drafts[name];
      if (changed) changed.value = draft;
      const { [name]: _settled, ...others } = problems.value;
      problems.value = others;
    },
    problems,
    problem,
    dirty: computed(() => !sent.value && names.some((name) => draftOf(name) !== fields[name]?.initial)),
    sending,
    failures,
    read(asked, now) {
      const read = readFields(
        Object.fromEntries(asked.flatMap((name) => (fields[name] ? [[name, fields[name]]] : []))),
        typed(),
        now,
      );
      if (!read.ok) return fail(read.problems, null);
      problems.value = {};
      problem.value = null;
      return read.values;
    },
    tell,
    async submit(now) {
      if (sending.value) return null;
      const read = readFields(fields, typed(), now);
      if (!read.ok) return fail(read.problems, null);
      problems.value = {};
      problem.value = null;
      sending.value = true;
      const answer = await send(read.values, new Set(names.filter((name) => draftOf(name) !== fields[name]?.initial)));
      sending.value = false;
      if (!answer.ok) return tell(answer.problem);
      sent.value = true;
      return { result: answer.value };
    },
  };
}

/** Only the changed values, which a PATCH sends. Pure. */
export function only<Of extends object>(values: Of, changed: ReadonlySet<string>): Partial<Of> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => changed.has(name))) as Partial<Of>;
}

/** The values of the drafts, or what is wrong with each wrong one, in words. Pure. */
export function readFields<Of extends Fields>(
  fields: Of,
  drafts: Drafts,
  now: number,
): { ok: true; values: Values<Of> } | { ok: false; problems: Record<string, string> } {
  const values: Record<string, unknown> = {};
  const problems: Record<string, string> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (field.applies && !field.applies(drafts)) continue;
    const reading = field.read(drafts[name] ?? "", now);
    if (!reading.ok) problems[name] = problemOf(reading.code, reading.limit);
    else if (reading.value !== undefined) values[name] = reading.value;
  }
  if (Object.keys(problems).length > 0) return { ok: false, problems };
  return { ok: true, values: values as Values<Of> };
}

/** Assigns the relay's problems to the fields that they are about, and returns the rest. Pure. */
export function placed(
  problem: Problem,
  names: readonly string[],
): { shown: Record<string, string>; rest: Problem | null } {
  const shown: Record<string, string> = {};
  const elsewhere: FieldProblem[] = [];
  for (const detail of problem.fields) {
    const name = nameIn(names, detail.field);
    if (name === null) elsewhere.push(detail);
    else shown[name] ??= within(detail, name);
  }
  const allShown = problem.fields.length > 0 && elsewhere.length === 0;
  return { shown, rest: allShown ? null : problem };
}

/** A problem of a member of a field's value is told with the member's name. A place in a list would tell nothing. */
function within(detail: FieldProblem, name: string): string {
  const member = detail.field.slice(name.length + 1);
  return member === "" || /^\d+$/.test(member) ? textOf(detail) : `${member}: ${textOf(detail)}`;
}

/** The relay's sentences are English. A translation is fetched when it is needed; if that fails, they stay English. */
async function translated(problem: Problem): Promise<Problem> {
  if (locale === "en" || problem.fields.length === 0) return problem;
  try {
    const { fetchBook, phrase } = await import("../locale/phrases.ts");
    await fetchBook();
    return { ...problem, fields: problem.fields.map((each) => ({ ...each, message: phrase(each.message) })) };
  } catch {
    return problem;
  }
}
