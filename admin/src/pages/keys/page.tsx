/** Relay keys: making them, showing them, stopping them. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { ListPage } from "../../list/list-page.tsx";
import type { RowAction } from "../../list/row-actions.tsx";
import { strings } from "../../locale/strings.ts";
import { Empty } from "../../parts/empty.tsx";
import { focusHeading } from "../../parts/focus.ts";
import type { PageProps } from "../pages.ts";
import { KEY_COLUMNS } from "./columns.tsx";
import { KEY_FILTERS } from "./filters.ts";
import { KEY_FIELDS, KEY_SECTIONS } from "./key-form.ts";
import { KeyLines } from "./key-lines.tsx";
import type { ApiKey, Keys, MadeKey } from "./keys.ts";

const words = strings.keys;

/** A key in the open, and whose it is. */
interface Shown {
  id: string;
  apiKey: string;
}

export function KeysPage({ data, router, match }: PageProps) {
  const { keys, notice } = data;
  const made = useSignal<MadeKey | null>(null);
  const shown = useSignal<Shown | null>(null);
  const adding = match.pattern === "/keys/new";
  const create = { label: words.add, href: router.href(`/keys/new${router.search.value}`) };

  // A key that was made before is not shown again after the next form.
  useEffect(() => {
    if (adding) made.value = null;
  }, [adding, made]);

  function leaveForm(): void {
    router.go(`/keys${router.search.value}`, { replace: true });
  }

  return (
    <ListPage
      title={words.title}
      router={router}
      list={keys}
      filters={KEY_FILTERS}
      create={adding ? null : create}
      empty={
        <>
          {!adding && <Empty title={words.emptyTitle} text={words.empty} create={create} />}
          <a href={router.href("/keys?status=deleted")}>{words.seeDeleted}</a>
        </>
      }
      table={{
        caption: words.caption,
        columns: KEY_COLUMNS,
        idOf: (key) => key.id,
        actions: {
          head: strings.list.actions,
          nameOf: (key) => key.name,
          of: (key) => actionsOf(key, keys, shown),
        },
        beneath: ({ id }) => (shown.value?.id === id ? <KeyLines apiKey={shown.value.apiKey} /> : null),
        notice,
      }}
    >
      {adding && (
        <NewKeyForm
          keys={keys}
          router={router}
          onMade={(key) => {
            made.value = key;
            leaveForm();
          }}
          onCancel={() => {
            leaveForm();
            focusHeading();
          }}
        />
      )}
      {!adding && made.value && (
        <MadeKeyPanel
          made={made.value}
          onClose={() => {
            made.value = null;
            focusHeading();
          }}
        />
      )}
    </ListPage>
  );
}

function actionsOf(key: ApiKey, keys: Keys, shown: Signal<Shown | null>): RowAction[] {
  const { id, name } = key;
  if (key.deleted_at !== null) {
    return [{ label: words.restore, run: () => keys.restore(id), done: words.wasRestored(name) }];
  }
  return [
    shown.value?.id === id ? hiding(shown) : showing(id, keys, shown),
    key.enabled
      ? { label: words.disable, run: () => keys.setEnabled(id, false), done: words.wasDisabled(name) }
      : { label: words.enable, run: () => keys.setEnabled(id, true), done: words.wasEnabled(name) },
    {
      label: words.remove,
      danger: true,
      confirm: { title: words.confirmTitle(name), text: words.confirm },
      run: () => keys.remove(id),
      done: words.wasDeleted(name),
    },
  ];
}

function showing(id: string, keys: Keys, shown: Signal<Shown | null>): RowAction {
  return {
    label: words.show,
    async run() {
      const answer = await keys.reveal(id);
      if (!answer.ok) return answer.problem;
      shown.value = { id, apiKey: answer.value };
      return null;
    },
  };
}

function hiding(shown: Signal<Shown | null>): RowAction {
  return {
    label: words.hide,
    async run() {
      shown.value = null;
      return null;
    },
  };
}

interface FormProps extends Pick<PageProps, "router"> {
  keys: Keys;
  onMade: (made: MadeKey) => void;
  onCancel: () => void;
}

function NewKeyForm({ keys, router, onMade, onCancel }: FormProps) {
  const form = useMemo(() => createForm(KEY_FIELDS, keys.make), [keys]);
  return (
    <FormView
      id="key"
      form={form}
      title={words.formTitle}
      sections={KEY_SECTIONS}
      submit={words.create}
      sending={words.creating}
      onDone={onMade}
      onCancel={onCancel}
      router={router}
    />
  );
}

/** The focus comes here once, so that a screen reader hears that the key is ready. */
function MadeKeyPanel({ made, onClose }: { made: MadeKey; onClose: () => void }) {
  const title = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => title.current?.focus(), []);

  return (
    <section class="panel" aria-labelledby="made-title">
      <div class="heading">
        <div>
          <h2 id="made-title" tabIndex={-1} ref={title}>
            {words.createdTitle(made.name)}
          </h2>
          <p class="hint">{words.createdHint}</p>
        </div>
        <button type="button" onClick={onClose}>
          {words.close}
        </button>
      </div>
      <KeyLines apiKey={made.api_key} />
    </section>
  );
}
