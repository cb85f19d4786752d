/**
 * A form on the page: its fields in sections, what is wrong, and the buttons. Anybody who leaves it with unsaved work is asked first. Ctrl
 * or ⌘ with Enter sends it from anywhere in it.
 */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { strings } from "../locale/strings.ts";
import { Trouble } from "../parts/trouble.tsx";
import type { Router } from "../router/router.ts";
import { FieldView } from "./field-view.tsx";
import type { Form } from "./form.ts";

interface Section {
  /** The fields are folded under it until somebody opens it, or something in it is wrong. Without a title: always open. */
  title?: string;
  names: readonly string[];
}

interface Props<Result> {
  /** The beginning of the fields' ids. */
  id: string;
  form: Form<Result>;
  title?: ComponentChildren;
  /** Without sections, all fields form one. */
  sections?: readonly Section[];
  submit: string;
  sending: string;
  onDone: (result: Result) => void;
  onCancel?: () => void;
  /** Asks before unsaved work is left. */
  router?: Router;
  class?: string;
  /** False for a form among other content of a page. */
  takesFocus?: boolean;
  /** Shown above the buttons. */
  children?: ComponentChildren;
}

export function FormView<Result>(props: Props<Result>) {
  const { id, form, title, submit, sending, onDone, onCancel, router, children } = props;
  const element = useRef<HTMLFormElement>(null);
  const sections = props.sections ?? [{ names: Object.keys(form.fields) }];
  const first = sections[0]?.names[0];

  useEffect(() => router?.hold(form.dirty), [router, form]);

  // Read from the page, where each field with a problem is marked. Done in the same step as the render, because a frame later the person
  // may already be typing in another field.
  const failures = form.failures.value;
  useLayoutEffect(() => {
    if (failures > 0) element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [failures]);

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    const done = await form.submit(Date.now());
    if (done) onDone(done.result);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void send(event);
  }

  return (
    <form
      class={props.class ?? "stack"}
      ref={element}
      onSubmit={send}
      onKeyDown={onKeyDown}
      noValidate
      aria-labelledby={title === undefined ? undefined : `${id}-title`}
    >
      {title !== undefined && <h2 id={`${id}-title`}>{title}</h2>}
      {sections.map(({ title: folded, names }) => {
        const fields = names.map((name) => {
          const field = form.fields[name];
          return (
            field &&
            form.shows(name) && (
              <FieldView
                key={name}
                id={`${id}-${name}`}
                field={field}
                draft={form.draftOf(name)}
                problem={form.problems.value[name]}
                takesFocus={props.takesFocus !== false && name === first}
                onChange={(draft) => form.change(name, draft)}
              />
            )
          );
        });
        if (folded === undefined) return <div class="columns">{fields}</div>;
        const wrong = names.some((name) => form.problems.value[name] !== undefined);
        return (
          <Folded title={folded} wrong={wrong}>
            <div class="columns">{fields}</div>
          </Folded>
        );
      })}
      {children}
      <Trouble problem={form.problem.value} />
      <div class="actions send">
        <button type="submit" class="main" aria-disabled={form.sending.value}>
          {form.sending.value ? sending : submit}
        </button>
        {onCancel && (
          <button type="button" onClick={onCancel}>
            {strings.cancel}
          </button>
        )}
      </div>
    </form>
  );
}

/** Opens a closed section that contains a problem. */
function Folded({ title, wrong, children }: { title: string; wrong: boolean; children: ComponentChildren }) {
  const open = useSignal(false);
  return (
    <details
      open={open.value || wrong}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>{title}</summary>
      {children}
    </details>
  );
}
