/** The second step: a key for the client, a new one or an existing one. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { ask } from "../../api.ts";
import type { Console } from "../../console.ts";
import { createForm, only } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { useReading } from "../../list/reading.ts";
import { Trouble } from "../../parts/trouble.tsx";
import type { Router } from "../../router/router.ts";
import { keyFields } from "../keys/key-form.ts";
import type { MadeKey } from "../keys/keys.ts";
import { words as keysWords } from "../keys/words.ts";
import { words } from "./words.ts";

interface Props {
  data: Console;
  router: Router;
  onMade: (key: MadeKey) => void;
  onChosen: (id: string) => void;
}

/** Of the usable keys, this many of the newest are offered. */
const MOST_KEYS = "200";

export function KeyStep({ data, router, onMade, onChosen }: Props) {
  const form = useMemo(() => {
    const { name, owner, daily_cost_limit_usd } = keyFields(null);
    return createForm({ name, owner, daily_cost_limit_usd }, (values, changed) =>
      data.keys.make({ ...only(values, changed), name: values.name }),
    );
  }, [data]);
  return (
    <>
      <section class="panel" aria-labelledby="start-step">
        <h2 id="start-step">{words.newKey}</h2>
        <FormView
          id="key"
          form={form}
          submit={keysWords.create}
          sending={keysWords.creating}
          onDone={onMade}
          router={router}
        >
          <p class="hint">{words.newKeyHint}</p>
        </FormView>
      </section>
      <Existing data={data} onChosen={onChosen} />
    </>
  );
}

/** Shows nothing if there is none. */
function Existing({ data, onChosen }: Pick<Props, "data" | "onChosen">) {
  const reading = useReading("keys", (signal) =>
    ask(data.client.admin["api-keys"].$get({ query: { status: "active", limit: MOST_KEYS } }, { init: { signal } })),
  );
  const keys = reading.value.value?.items ?? [];
  const wanted = useSignal("");
  if (reading.problem.value) return <Trouble problem={reading.problem.value} onRetry={reading.refresh} />;
  const chosen = keys.find(({ id }) => id === wanted.value) ?? keys[0];
  if (!chosen) return null;
  return (
    <section class="panel" aria-labelledby="start-existing">
      <h2 id="start-existing">{words.existing}</h2>
      <div class="columns">
        <div class="field">
          <label for="start-key">{words.chooseKey}</label>
          <select
            id="start-key"
            value={chosen.id}
            onChange={(event) => {
              wanted.value = event.currentTarget.value;
            }}
          >
            {keys.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div class="actions">
        <button type="button" onClick={() => onChosen(chosen.id)}>
          {words.use}
        </button>
      </div>
    </section>
  );
}
