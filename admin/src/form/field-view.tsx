/** One field on the page: its label, its control, its hint and its problem, connected for screen readers. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { phrase } from "../locale/phrases.ts";
import { strings } from "../locale/strings.ts";
import { type Choice, type Control, type Field, flagDraft } from "./field.ts";

interface Props {
  /** Unique on the page. The ids of the hint and the problem derive from it. */
  id: string;
  field: Field<unknown>;
  draft: string;
  problem: string | undefined;
  /** Whether it gets the focus when it appears. The HTML attribute works only while a page loads. */
  takesFocus: boolean;
  onChange: (draft: string) => void;
}

export function FieldView({ id, field, draft, problem, takesFocus, onChange }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (takesFocus) box.current?.querySelector<HTMLElement>("input, select, textarea")?.focus();
  }, [takesFocus]);

  const { hint, label } = field;
  const { type } = field.control;
  const ids = [hint === undefined ? [] : `${id}-hint`, problem === undefined ? [] : `${id}-problem`].flat();
  const shared: Shared = {
    id,
    name: id,
    "aria-invalid": problem === undefined ? undefined : true,
    "aria-describedby": ids.length === 0 ? undefined : ids.join(" "),
  };
  return (
    <div class={isBroad(field.control) ? "field broad" : "field"} ref={box}>
      {type === "switch" ? (
        <label class="check" for={id}>
          <Switch shared={shared} draft={draft} onChange={onChange} />
          {label}
        </label>
      ) : (
        <>
          {type === "several" ? (
            <span class="label" id={`${id}-label`}>
              {label}
            </span>
          ) : (
            <label for={id}>
              {label}
              {field.optional && type === "line" && <span class="optional"> {strings.form.optional}</span>}
            </label>
          )}
          <ControlView field={field} draft={draft} onChange={onChange} shared={shared} />
        </>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {phrase(hint)}
        </p>
      )}
      {problem !== undefined && (
        <p class="error" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

function isBroad(control: Control): boolean {
  return (
    control.type === "lines" || control.type === "several" || (control.type === "secret" && control.lines === true)
  );
}

interface Shared {
  id: string;
  name: string;
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
}

interface ControlProps extends Pick<Props, "field" | "draft" | "onChange"> {
  shared: Shared;
}

function ControlView({ field, draft, onChange, shared }: ControlProps) {
  const { control } = field;
  const typed = {
    ...shared,
    value: draft,
    required: !field.optional,
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) => onChange(event.currentTarget.value),
  };
  const asWritten = { autocapitalize: "none", spellcheck: false } as const;
  switch (control.type) {
    case "line":
      if (control.inputMode === undefined) return <input {...typed} type="text" autocomplete="off" />;
      return <input {...typed} {...asWritten} type="text" inputMode={control.inputMode} autocomplete="off" />;
    case "secret":
      if (control.lines) {
        return (
          <textarea
            {...shared}
            {...asWritten}
            rows={2}
            class="mono secret"
            autocomplete="off"
            value={draft}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        );
      }
      // Not type="password", because a browser would offer to save it as the console's own password.
      return <input {...typed} {...asWritten} type="text" class="secret" autocomplete="off" />;
    case "sign-in":
      if (control.part === "username") {
        return <input {...typed} {...asWritten} type="text" autocomplete={control.part} />;
      }
      return <input {...typed} type="password" autocomplete={control.part} />;
    case "choice":
      return <Choices choices={control.choices} chosen={draft} onChange={onChange} shared={shared} />;
    case "switch":
      return null;
    case "lines":
      return (
        <textarea
          {...shared}
          {...asWritten}
          rows={3}
          class="mono"
          placeholder={control.placeholder}
          value={draft}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "several":
      return <Several choices={control.choices} draft={draft} onChange={onChange} id={shared.id} />;
    case "moment": {
      const { own } = control;
      const chosen = control.choices.some(([value]) => value === draft) ? draft : own;
      if (chosen !== own)
        return <Choices choices={control.choices} chosen={chosen} onChange={onChange} shared={shared} />;
      const right = { ...shared, "aria-invalid": undefined };
      return (
        <>
          <Choices choices={control.choices} chosen={own} onChange={onChange} shared={right} />
          <input
            {...typed}
            id={`${shared.id}-own`}
            name={`${shared.id}-own`}
            value={draft === own ? "" : draft}
            type="datetime-local"
            aria-label={control.ownLabel}
            // When it is emptied, there is still a date to choose, and it does not mean "never".
            onInput={(event) => onChange(event.currentTarget.value || own)}
          />
          <span class="hint" aria-hidden="true">
            {control.ownLabel}
          </span>
        </>
      );
    }
  }
}

function Switch({ shared, draft, onChange }: Pick<ControlProps, "shared" | "draft" | "onChange">) {
  return (
    <input
      {...shared}
      type="checkbox"
      checked={draft !== ""}
      onChange={(event) => onChange(flagDraft(event.currentTarget.checked))}
    />
  );
}

interface SeveralProps extends Pick<ControlProps, "draft" | "onChange"> {
  choices: readonly Choice[];
  id: string;
}

function Several({ choices, draft, onChange, id }: SeveralProps) {
  const chosen = draft.split("\n");
  return (
    <fieldset class="line several" aria-labelledby={`${id}-label`}>
      {choices.map(([value, label]) => (
        <label key={value} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={(event) => {
              const others = chosen.filter((other) => other !== value && other !== "");
              onChange((event.currentTarget.checked ? [...others, value] : others).join("\n"));
            }}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

interface ChoicesProps {
  choices: readonly Choice[];
  chosen: string;
  onChange: (value: string) => void;
  shared: Shared;
}

function Choices({ choices, chosen, onChange, shared }: ChoicesProps) {
  return (
    <select {...shared} value={chosen} onChange={(event) => onChange(event.currentTarget.value)}>
      {choices.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}
