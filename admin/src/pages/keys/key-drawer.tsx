/** A key's form in a drawer: for a new key, or for all settings of one. A new key is then shown in the drawer, ready to use. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { type Answer, ask } from "../../api.ts";
import type { Console } from "../../console.ts";
import type { Choice } from "../../form/field.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { useReading } from "../../list/reading.ts";
import { strings } from "../../locale/strings.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import type { Router } from "../../router/router.ts";
import { useGroupChoices } from "../groups/group-choices.ts";
import { Connect } from "./connect.tsx";
import { FirstRequest } from "./first-request.tsx";
import { type Bindings, KEY_SECTIONS, keyFields, keyInput, newKeyInput } from "./key-form.ts";
import type { ApiKey, MadeKey } from "./keys.ts";
import { Lines } from "./lines.tsx";
import { words } from "./words.ts";

/** How many are offered. */
const MOST_TEMPLATES = "200";

interface Props {
  data: Console;
  router: Router;
  onClose: () => void;
}

export function NewKeyDrawer({ data, router, onClose }: Props) {
  const made = useSignal<MadeKey | null>(null);
  const bindings = useBindings(data);
  const ready = made.value;
  return (
    <Drawer title={ready ? words.createdTitle(ready.name) : words.formTitle} wide onClose={onClose}>
      {ready ? (
        <>
          <p class="hint">{words.createdHint}</p>
          <Lines title={words.key} text={ready.api_key} />
          <Connect apiKey={ready.api_key} />
          <FirstRequest keyId={ready.id} client={data.client} router={router} />
          <div class="actions">
            <button type="button" class="main" onClick={onClose}>
              {words.close}
            </button>
            <a class="button" href={router.href(`/keys/${ready.id}`)}>
              {words.openKey}
            </a>
          </div>
        </>
      ) : bindings === null ? (
        <Skeleton />
      ) : (
        <KeyForm
          bindings={bindings}
          data={data}
          router={router}
          apiKey={null}
          onMade={(key) => {
            made.value = key;
            void data.directory.load();
          }}
          onChanged={onClose}
          onCancel={onClose}
        />
      )}
    </Drawer>
  );
}

interface EditProps extends Props {
  apiKey: ApiKey;
  onChanged: () => void;
}

export function EditKeyDrawer({ data, router, onClose, apiKey, onChanged }: EditProps) {
  const bindings = useBindings(data);
  return (
    <Drawer title={words.editTitle(apiKey.name)} wide onClose={onClose}>
      {bindings === null ? (
        <Skeleton />
      ) : (
        <KeyForm
          bindings={bindings}
          data={data}
          router={router}
          apiKey={apiKey}
          onMade={onClose}
          onChanged={onChanged}
          onCancel={onClose}
        />
      )}
    </Drawer>
  );
}

interface FormProps extends Pick<Props, "data" | "router"> {
  bindings: Bindings;
  /** The key that is changed; null for a new one. */
  apiKey: ApiKey | null;
  onMade: (made: MadeKey) => void;
  onChanged: () => void;
  onCancel: () => void;
}

function KeyForm({ data, router, bindings, apiKey, onMade, onChanged, onCancel }: FormProps) {
  const form = useMemo(
    () =>
      createForm(keyFields(apiKey, bindings), async (values, changed): Promise<Answer<MadeKey | null>> => {
        const input = keyInput(values, changed);
        if (apiKey === null) return data.keys.make(newKeyInput(values.name, input));
        const answer = await data.keys.change(apiKey.id, input);
        return answer.ok ? { ok: true, value: null } : answer;
      }),
    [data, apiKey, bindings],
  );
  return (
    <FormView
      id="key"
      form={form}
      sections={KEY_SECTIONS}
      submit={apiKey === null ? words.create : strings.save}
      sending={apiKey === null ? words.creating : strings.saving}
      onDone={(made) => (made === null ? onChanged() : onMade(made))}
      onCancel={onCancel}
      router={router}
    />
  );
}

/** What a key may refer to; null until it is known. */
function useBindings({ client, directory }: Console): Bindings | null {
  const groups = useGroupChoices(client);
  const templates = useReading("templates", (signal) =>
    ask(client.admin.templates.$get({ query: { limit: MOST_TEMPLATES } }, { init: { signal } })),
  );
  const found = templates.value.value?.items ?? (templates.problem.value === null ? null : []);
  const known = directory.known.value;
  const ready = groups !== null && found !== null && known !== null;
  return useMemo(
    () =>
      ready
        ? {
            groups,
            accounts: known.accounts.map(({ id, name }): Choice => [id, name]),
            templates: found.map(({ name }): Choice => [name, name]),
          }
        : null,
    // When they are read again in between, the form must not be made anew.
    [ready],
  );
}
