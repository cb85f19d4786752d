/**
 * Tests an account before it is saved: sends a small real request with the form's present values, when its button is pressed, and before
 * the account is added. It does not prevent anything: a second press adds an account that did not work, and the form says so.
 */
import { type Signal, signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { type AdminClient, ask } from "../../api.ts";
import type { Form } from "../../form/form.ts";
import { format } from "../../locale/strings.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Problem } from "../../problem.ts";
import type { Account } from "./accounts.ts";
import { type Checking, CheckResults, useChecking } from "./checking.tsx";
import type { AccountKind } from "./kinds.ts";
import { unsavedInput } from "./new-account-input.ts";
import { type TrialState, trialOf } from "./trial.ts";
import { words as accountsWords } from "./words.ts";

const words = accountsWords.trial;

/** Not sent to the relay before the account is saved, because it does not decide whether the account works. */
const BESIDE: readonly string[] = ["name", "note", "group_ids"];

export interface Trial {
  checking: Checking;
  /** The models that the account's upstream lists. */
  models: Signal<readonly string[]>;
  /** The model to ask for; "": the relay's default. */
  model: Signal<string>;
  stateOf(form: Form<Account>): TrialState;
  /** The problem if the test could not be made, or null. */
  run(form: Form<Account>): Promise<Problem | null>;
  /** The reason not to add the account yet. After one test there is none. */
  before(form: Form<Account>): Promise<Problem | null>;
}

export function useTrial(kind: AccountKind, client: AdminClient): Trial {
  const checking = useChecking();
  return useMemo(() => createTrial(kind, client, checking), [kind, client]);
}

function createTrial(kind: AccountKind, client: AdminClient, checking: Checking): Trial {
  const models = signal<readonly string[]>([]);
  const model = signal("");
  const tried = signal<string | null>(null);

  const namesOf = (form: Form<Account>) => Object.keys(form.fields).filter((name) => !BESIDE.includes(name));
  const enteredIn = (form: Form<Account>) => JSON.stringify(namesOf(form).map(form.draftOf));

  async function run(form: Form<Account>): Promise<Problem | null> {
    if (checking.running.value) return null;
    const given = form.read(namesOf(form), Date.now());
    if (given === null) return null;
    tried.value = enteredIn(form);
    const account = unsavedInput(kind, given);
    void ask(client.admin.accounts.models.$post({ json: account })).then((answer) => {
      if (!answer.ok) return;
      models.value = answer.value.items?.map(({ id }) => id) ?? [];
      if (!models.value.includes(model.value)) model.value = "";
    });
    const json = { ...account, ...(model.value !== "" && { model: model.value }) };
    const failed = await checking.run((signal) =>
      client.admin.accounts.test.$post({ query: {}, json }, { init: { signal } }),
    );
    if (failed && failed.fields.length > 0) checking.clear();
    return failed ?? null;
  }

  function stateOf(form: Form<Account>): TrialState {
    return trialOf(checking.progress.value, {
      ended: !checking.running.value && checking.problem.value === null,
      changed: tried.value !== enteredIn(form),
    });
  }

  return {
    checking,
    models,
    model,
    stateOf,
    run,
    async before(form) {
      const known = stateOf(form);
      if (known === "worked" || known === "failed") return null;
      const problem = await run(form);
      if (problem !== null) return problem;
      return stateOf(form) === "worked" ? null : { status: 0, text: words.failed, fields: [] };
    },
  };
}

interface Props {
  trial: Trial;
  form: Form<Account>;
}

export function TryAccount({ trial, form }: Props) {
  const { checking, models, model } = trial;

  async function run(): Promise<void> {
    const failed = await trial.run(form);
    if (failed && failed.fields.length > 0) void form.tell(failed);
  }

  return (
    <section class="panel" aria-labelledby="trial-title">
      <div class="heading">
        <h3 id="trial-title">{words.title}</h3>
        <button type="button" aria-disabled={checking.running.value} onClick={() => void run()}>
          <Icon name="flask-conical" />
          {checking.running.value ? accountsWords.page.checking : words.run}
        </button>
      </div>
      <p class="soft small">{words.what}</p>
      {models.value.length > 0 && (
        <div class="field">
          <label for="trial-model">{words.model(format.count(models.value.length))}</label>
          <select
            id="trial-model"
            value={model.value}
            onChange={(event) => {
              model.value = event.currentTarget.value;
            }}
          >
            <option value="">{words.usualModel}</option>
            {models.value.map((id) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </div>
      )}
      <CheckResults checking={checking} />
      {!checking.running.value && form.problem.value === null && <p role="status">{words[trial.stateOf(form)]}</p>}
    </section>
  );
}
