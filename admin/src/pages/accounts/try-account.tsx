/**
 * Trying an account before it is saved: a small real request with what its form has now. It hinders nobody: what was not tried, or did
 * not work, can be saved too, and the form says which it is.
 */
import { useSignal } from "@preact/signals";
import { type AdminClient, ask } from "../../api.ts";
import type { Form } from "../../form/form.ts";
import { format } from "../../locale/strings.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Account } from "./accounts.ts";
import { CheckResults, useChecking } from "./checking.tsx";
import type { AccountKind } from "./kinds.ts";
import { unsavedInput } from "./new-account-input.ts";
import { type Trial, trialOf } from "./trial.ts";
import { words as accountsWords } from "./words.ts";

const words = accountsWords.trial;

interface Props {
  kind: AccountKind;
  form: Form<Account>;
  client: AdminClient;
}

export function TryAccount({ kind, form, client }: Props) {
  const checking = useChecking();
  const models = useSignal<readonly string[]>([]);
  /** "": the one that the relay asks for where nobody says any. */
  const model = useSignal("");
  const tried = useSignal<string | null>(null);
  const names = Object.keys(form.fields).filter((name) => name !== "name" && name !== "note");
  const entered = JSON.stringify(names.map(form.draftOf));

  async function run(): Promise<void> {
    if (checking.running.value) return;
    const given = form.read(names, Date.now());
    if (given === null) return;
    tried.value = entered;
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
    if (!failed || failed.fields.length === 0) return;
    form.tell(failed);
    checking.clear();
  }

  const trial = trialOf(checking.progress.value, {
    ended: !checking.running.value && checking.problem.value === null,
    changed: tried.value !== entered,
  });
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
      {!checking.running.value && <p role="status">{SAID[trial]}</p>}
    </section>
  );
}

const SAID: Record<Trial, string> = {
  untried: words.untried,
  changed: words.changed,
  worked: words.worked,
  failed: words.failed,
};
