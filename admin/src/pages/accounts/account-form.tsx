/** The form for a new Anthropic account with an API key. Drops the key from memory once the relay has it. */
import { useSignal } from "@preact/signals";
import { strings } from "../../locale/en.ts";
import { Field } from "../../parts/field.tsx";
import { useFirstError } from "../../parts/focus.ts";
import { Trouble } from "../../parts/trouble.tsx";
import { beyondFields, type Problem } from "../../problem.ts";
import { type AccountFormErrors, accountInput } from "./account-input.ts";
import type { Accounts } from "./accounts.ts";

const words = strings.accounts;
const FIELDS: readonly string[] = ["name", "base_url", "api_key"] satisfies (keyof AccountFormErrors)[];
const OFFICIAL_BASE_URL = "https://api.anthropic.com";

interface Props {
  accounts: Accounts;
  onAdded: (name: string) => void;
  onCancel: () => void;
}

export function AccountForm({ accounts, onAdded, onCancel }: Props) {
  const name = useSignal("");
  const baseUrl = useSignal(OFFICIAL_BASE_URL);
  const apiKey = useSignal("");
  const busy = useSignal(false);
  const errors = useSignal<AccountFormErrors>({});
  const problem = useSignal<Problem | null>(null);
  const form = useFirstError(errors.value);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy.value) return;
    problem.value = null;
    const input = accountInput({ name: name.value, baseUrl: baseUrl.value, apiKey: apiKey.value });
    errors.value = input.ok ? {} : input.errors;
    if (!input.ok) return;

    busy.value = true;
    const failure = await accounts.add(input.value);
    busy.value = false;
    if (failure === null) return onAdded(input.value.name);
    problem.value = beyondFields(failure, FIELDS);
    errors.value = failure.fields;
  }

  const wrong = errors.value;
  return (
    <form class="panel" ref={form} onSubmit={submit} noValidate aria-labelledby="account-form-title">
      <h2 id="account-form-title">{words.formTitle}</h2>
      <div class="columns">
        <Field
          id="account-name"
          label={words.name}
          hint={words.nameHint}
          value={name}
          error={wrong.name}
          autocomplete="off"
          required
          takesFocus
        />
        <Field
          id="account-base-url"
          label={words.baseUrl}
          hint={words.baseUrlHint}
          value={baseUrl}
          error={wrong.base_url}
          inputMode="url"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          required
        />
        <Field
          id="account-api-key"
          label={words.apiKey}
          hint={words.apiKeyHint}
          value={apiKey}
          error={wrong.api_key}
          // Not type="password": a browser would offer to save it as the console's own password.
          class="secret"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          required
        />
      </div>
      <p class="terms">{words.terms}</p>
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
