/** The form for a new key. What it may contain is decided in ../key-form.ts; the relay has the last word. */
import { signal, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { strings } from "../../locale/en.ts";
import { Field, Select } from "../../parts/field.tsx";
import { useFirstError } from "../../parts/focus.ts";
import { Trouble } from "../../parts/trouble.tsx";
import { beyondFields, type Problem } from "../../problem.ts";
import { EXPIRY_DAYS, type KeyFormErrors, type KeyFormValues, keyInput } from "./key-input.ts";
import type { Keys, MadeKey } from "./keys.ts";

const words = strings.keys;
const USUAL_WINDOW_MINUTES = "60";

const LIMIT_FIELDS = [
  "concurrency_limit",
  "rate_limit_requests",
  "rate_limit_window_minutes",
  "expires_at",
] as const satisfies (keyof KeyFormErrors)[];

const FIELDS: readonly string[] = ["name", "description", ...LIMIT_FIELDS] satisfies (keyof KeyFormErrors)[];

const EXPIRY_CHOICES = [
  ["never", words.expiryNever],
  ...EXPIRY_DAYS.map((days) => [String(days), words.expiryDays(days)] as const),
  ["date", words.expiryDate],
] as const;

interface Props {
  keys: Keys;
  onMade: (key: MadeKey) => void;
  onCancel: () => void;
}

export function KeyForm({ keys, onMade, onCancel }: Props) {
  const draft = useMemo(createDraft, []);
  const busy = useSignal(false);
  const limitsOpen = useSignal(false);
  const errors = useSignal<KeyFormErrors>({});
  const problem = useSignal<Problem | null>(null);
  const form = useFirstError(errors.value);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy.value) return;
    problem.value = null;
    const input = keyInput(valuesOf(draft), Date.now());
    errors.value = input.ok ? {} : input.errors;
    openLimits();
    if (!input.ok) return;

    busy.value = true;
    const answer = await keys.make(input.value);
    busy.value = false;
    if (answer.ok) return onMade(answer.value);
    problem.value = beyondFields(answer.problem, FIELDS);
    errors.value = answer.problem.fields;
    openLimits();
  }

  /** Never hides an error behind a closed disclosure. */
  function openLimits(): void {
    if (LIMIT_FIELDS.some((field) => errors.value[field] !== undefined)) limitsOpen.value = true;
  }

  const wrong = errors.value;

  return (
    <form class="panel" ref={form} onSubmit={submit} noValidate aria-labelledby="key-form-title">
      <h2 id="key-form-title">{words.formTitle}</h2>
      <div class="columns">
        <Field
          id="key-name"
          label={words.name}
          hint={words.nameHint}
          value={draft.name}
          error={wrong.name}
          autocomplete="off"
          required
          takesFocus
        />
        <Field
          id="key-description"
          label={words.description}
          value={draft.description}
          error={wrong.description}
          autocomplete="off"
          optional
        />
      </div>
      <details
        open={limitsOpen.value}
        onToggle={(event) => {
          limitsOpen.value = event.currentTarget.open;
        }}
      >
        <summary>{words.limits}</summary>
        <div class="columns">
          <Field
            id="key-concurrency"
            label={words.concurrency}
            value={draft.concurrency}
            error={wrong.concurrency_limit}
            inputMode="numeric"
            autocomplete="off"
            optional
          />
          <Field
            id="key-requests"
            label={words.requests}
            value={draft.requests}
            error={wrong.rate_limit_requests}
            inputMode="numeric"
            autocomplete="off"
            optional
          />
          <Field
            id="key-window"
            label={words.window}
            value={draft.windowMinutes}
            error={wrong.rate_limit_window_minutes}
            inputMode="numeric"
            autocomplete="off"
          />
          <Select
            id="key-expiry"
            label={words.expiry}
            value={draft.expiry}
            error={draft.expiry.value === "date" ? undefined : wrong.expires_at}
            choices={EXPIRY_CHOICES}
          />
          {draft.expiry.value === "date" && (
            <Field
              id="key-expiry-date"
              label={words.expiryOn}
              value={draft.expiryDate}
              error={wrong.expires_at}
              type="datetime-local"
              required
            />
          )}
        </div>
      </details>
      <Trouble problem={problem.value} />
      <div class="actions">
        <button type="submit" class="main" disabled={busy.value}>
          {busy.value ? words.creating : words.create}
        </button>
        <button type="button" onClick={onCancel}>
          {strings.cancel}
        </button>
      </div>
    </form>
  );
}

function createDraft() {
  return {
    name: signal(""),
    description: signal(""),
    concurrency: signal(""),
    requests: signal(""),
    windowMinutes: signal(USUAL_WINDOW_MINUTES),
    expiry: signal("never"),
    expiryDate: signal(""),
  };
}

function valuesOf(draft: ReturnType<typeof createDraft>): KeyFormValues {
  return {
    name: draft.name.value,
    description: draft.description.value,
    concurrency: draft.concurrency.value,
    requests: draft.requests.value,
    windowMinutes: draft.windowMinutes.value,
    expiry: draft.expiry.value,
    expiryDate: draft.expiryDate.value,
  };
}
