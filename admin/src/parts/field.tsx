/**
 * A labelled input with its hint and its error, tied together for screen readers. Holds no state: the form owns it.
 */
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { strings } from "../locale/en.ts";

interface Labelled {
  /** Unique on the page; the hint and the error derive their ids from it. */
  id: string;
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  optional?: boolean;
}

interface FieldProps extends Labelled {
  value: Signal<string>;
  type?: "password" | "datetime-local";
  class?: string;
  autocomplete?: "off" | "username" | "current-password";
  autocapitalize?: "none";
  /** Gets the focus when it appears. The HTML attribute works only while a page loads. */
  takesFocus?: boolean;
  inputMode?: "numeric" | "url";
  required?: boolean;
  spellcheck?: boolean;
}

export function Field({ id, label, hint, error, optional, value, type, takesFocus, ...rest }: FieldProps) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (takesFocus) input.current?.focus();
  }, [takesFocus]);

  const attributes = {
    ...rest,
    ref: input,
    id,
    name: id,
    value: value.value,
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) => {
      value.value = event.currentTarget.value;
    },
    "aria-invalid": error === undefined ? undefined : true,
    "aria-describedby": describedBy(id, hint, error),
  };
  return (
    <LabelledBox id={id} label={label} hint={hint} error={error} optional={optional ?? false}>
      {/* Preact types each kind of input on its own, so the kind must be written out. */}
      {type === "password" ? (
        <input {...attributes} type="password" />
      ) : type === "datetime-local" ? (
        <input {...attributes} type="datetime-local" />
      ) : (
        <input {...attributes} type="text" />
      )}
    </LabelledBox>
  );
}

interface SelectProps extends Labelled {
  value: Signal<string>;
  choices: readonly (readonly [value: string, label: string])[];
}

export function Select({ id, label, hint, error, value, choices }: SelectProps) {
  return (
    <LabelledBox id={id} label={label} hint={hint} error={error}>
      <select
        id={id}
        name={id}
        value={value.value}
        onChange={(event) => {
          value.value = event.currentTarget.value;
        }}
        aria-describedby={describedBy(id, hint, error)}
      >
        {choices.map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
    </LabelledBox>
  );
}

function LabelledBox({ id, label, hint, error, optional, children }: Labelled & { children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id}>
        {label}
        {optional && <span class="optional"> {strings.optional}</span>}
      </label>
      {children}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

function describedBy(id: string, hint: string | undefined, error: string | undefined): string | undefined {
  const ids = [hint === undefined ? [] : `${id}-hint`, error === undefined ? [] : `${id}-error`].flat();
  return ids.length === 0 ? undefined : ids.join(" ");
}
