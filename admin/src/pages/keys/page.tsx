/** Relay keys: making them, showing them, stopping them. */
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Console } from "../../console.ts";
import { strings } from "../../locale/en.ts";
import { focusHeading } from "../../parts/focus.ts";
import { Trouble } from "../../parts/trouble.tsx";
import { KeyForm } from "./key-form.tsx";
import { KeyLines } from "./key-lines.tsx";
import { KeyRows } from "./key-rows.tsx";
import type { ApiKey, MadeKey } from "./keys.ts";

const words = strings.keys;

export function KeysPage({ data }: { data: Console }) {
  const { keys } = data;
  const adding = useSignal(false);
  const made = useSignal<MadeKey | null>(null);
  const now = Date.now();
  const alive = keys.rows.value.filter((key) => key.deleted_at === null);
  const deleted = keys.rows.value.filter((key) => key.deleted_at !== null);
  const empty = keys.loaded.value && alive.length === 0;

  function open(): void {
    made.value = null;
    adding.value = true;
  }

  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{words.title}</h1>
        {!adding.value && !empty && (
          <button type="button" class="main" onClick={open}>
            {words.add}
          </button>
        )}
      </div>
      {adding.value && (
        <KeyForm
          keys={keys}
          onMade={(key) => {
            adding.value = false;
            made.value = key;
          }}
          onCancel={() => {
            adding.value = false;
            focusHeading();
          }}
        />
      )}
      {made.value && (
        <NewKey
          made={made.value}
          onClose={() => {
            made.value = null;
            focusHeading();
          }}
        />
      )}
      <Trouble problem={keys.problem.value} onRetry={keys.load} />
      {!keys.loaded.value && keys.problem.value === null && <p class="soft">{strings.loading}</p>}
      {empty && !adding.value && (
        <div class="empty">
          <h2>{words.emptyTitle}</h2>
          <p>{words.empty}</p>
          <button type="button" class="main" onClick={open}>
            {words.add}
          </button>
        </div>
      )}
      {alive.length > 0 && <KeyTable caption={words.caption} rows={alive} data={data} now={now} />}
      {deleted.length > 0 && (
        <details>
          <summary>{words.deletedTitle(deleted.length)}</summary>
          <KeyTable caption={words.deletedTitle(deleted.length)} rows={deleted} data={data} now={now} />
        </details>
      )}
      {keys.hasMore.value && (
        <div class="actions">
          <button type="button" onClick={() => void keys.loadMore()}>
            {strings.loadMore}
          </button>
        </div>
      )}
    </>
  );
}

/** The focus comes here once, so that a screen reader hears that the key is ready. */
function NewKey({ made, onClose }: { made: MadeKey; onClose: () => void }) {
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

interface TableProps {
  caption: string;
  rows: ApiKey[];
  data: Console;
  now: number;
}

function KeyTable({ caption, rows, data, now }: TableProps) {
  return (
    <div class="table">
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{words.name}</th>
            <th scope="col">{words.state}</th>
            <th scope="col">{words.limitsColumn}</th>
            <th scope="col">{words.created}</th>
            <th scope="col">
              <span class="unseen">{words.actions}</span>
            </th>
          </tr>
        </thead>
        {rows.map((key) => (
          <KeyRows key={key.id} record={key} data={data} now={now} />
        ))}
      </table>
    </div>
  );
}
