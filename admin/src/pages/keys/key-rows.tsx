/** One key: its line in the list, what can be done to it, and the key itself while it is shown. */
import { useSignal } from "@preact/signals";
import type { Console } from "../../console.ts";
import { strings } from "../../locale/en.ts";
import { formatDate } from "../../locale/format.ts";
import { Act } from "../../parts/act.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { focusHeading } from "../../parts/focus.ts";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { KeyLines } from "./key-lines.tsx";
import { keyLimits, keyState } from "./key-state.ts";
import type { ApiKey } from "./keys.ts";

const words = strings.keys;

interface Props {
  record: ApiKey;
  data: Console;
  /** Milliseconds since the epoch. */
  now: number;
}

export function KeyRows({ record, data, now }: Props) {
  const { keys, notice } = data;
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const shown = useSignal<string | null>(null);
  const confirming = useSignal(false);
  const state = keyState(record, now);

  /** Runs one change; the sentence is said when it is done. */
  async function act(change: Promise<Problem | null>, done: string): Promise<void> {
    busy.value = true;
    problem.value = await change;
    busy.value = false;
    notice.value = problem.value === null ? done : null;
  }

  /** Like `act`, for a change that takes the row out of this list. */
  async function move(change: Promise<Problem | null>, done: string): Promise<void> {
    await act(change, done);
    if (problem.value === null) focusHeading();
  }

  async function reveal(): Promise<void> {
    busy.value = true;
    const answer = await keys.reveal(record);
    busy.value = false;
    problem.value = answer.ok ? null : answer.problem;
    shown.value = answer.ok ? answer.value : null;
  }

  return (
    <tbody>
      <tr data-key={record.id}>
        <td class="wide">
          <span class="name">{record.name}</span>
          <span class="under">
            <span class="mono">cr_{record.hint}</span>
            {record.description !== "" && ` · ${record.description}`}
          </span>
        </td>
        <td class="still">
          <span class={`dot tone-${state.tone}`}>{state.text}</span>
        </td>
        <td>{keyLimits(record, now)}</td>
        <td class="still" data-label={words.created}>
          {formatDate(record.created_at)}
        </td>
        <td class="row-actions wide">
          {record.deleted_at === null ? (
            <div class="actions">
              {shown.value === null ? (
                <Act label={words.show} of={record.name} busy={busy.value} onAct={reveal} />
              ) : (
                <Act
                  label={words.hide}
                  of={record.name}
                  busy={busy.value}
                  onAct={() => {
                    shown.value = null;
                  }}
                />
              )}
              {record.enabled ? (
                <Act
                  label={words.disable}
                  of={record.name}
                  busy={busy.value}
                  onAct={() => act(keys.setEnabled(record, false), words.wasDisabled(record.name))}
                />
              ) : (
                <Act
                  label={words.enable}
                  of={record.name}
                  busy={busy.value}
                  onAct={() => act(keys.setEnabled(record, true), words.wasEnabled(record.name))}
                />
              )}
              <Act
                label={words.remove}
                of={record.name}
                busy={busy.value}
                danger
                onAct={() => {
                  confirming.value = true;
                }}
              />
            </div>
          ) : (
            <div class="actions">
              <Act
                label={words.restore}
                of={record.name}
                busy={busy.value}
                onAct={() => move(keys.restore(record), words.wasRestored(record.name))}
              />
            </div>
          )}
          {confirming.value && (
            <Confirm
              title={words.confirmTitle(record.name)}
              text={words.confirm}
              action={words.remove}
              onCancel={() => {
                confirming.value = false;
              }}
              onConfirm={() => {
                confirming.value = false;
                void move(keys.remove(record), words.wasDeleted(record.name));
              }}
            />
          )}
        </td>
      </tr>
      {(shown.value !== null || problem.value !== null) && (
        <tr class="more">
          <td colSpan={5}>
            <Trouble problem={problem.value} />
            {shown.value !== null && <KeyLines apiKey={shown.value} />}
          </td>
        </tr>
      )}
    </tbody>
  );
}
