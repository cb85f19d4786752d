/** The actions on all chosen accounts. */
import { type Signal, useSignal } from "@preact/signals";
import type { Console } from "../../console.ts";
import { format, strings } from "../../locale/strings.ts";
import { Icon, type IconName } from "../../parts/icon.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import type { Account, BulkAction } from "./accounts.ts";
import { changedBy, opposite, sorted } from "./bulk.ts";
import { words as accountsWords } from "./words.ts";

const words = accountsWords.bulk;

const ACTIONS: readonly [action: BulkAction, icon: IconName, label: string][] = [
  ["pause", "pause", accountsWords.disable],
  ["resume", "play", accountsWords.enable],
  ["reset", "rotate-ccw", words.reset],
];

interface Props {
  /** The accounts that are shown. */
  rows: readonly Account[];
  /** The ids of the chosen accounts. */
  chosen: Signal<ReadonlySet<string>>;
  data: Console;
}

export function BulkBar({ rows, chosen, data }: Props) {
  const busy = useSignal(false);
  const problem = useSignal<Pick<Problem, "text"> | null>(null);
  const those = rows.filter(({ id }) => chosen.value.has(id));

  /** Returns the problem of what was not done, or null. */
  async function apply(action: BulkAction, ids: readonly string[]): Promise<Problem | null> {
    const answer = await data.accounts.bulk(ids, action);
    void data.directory.load();
    if (!answer.ok) return answer.problem;
    const { done, failed } = sorted(answer.value);
    const back = opposite(action);
    data.notice.value = {
      text: words.done[action](format.count(done.length)),
      undo: back && done.length > 0 ? () => apply(back, done) : undefined,
    };
    if (failed.length === 0) return null;
    const named = failed.map(({ id, message }) => `${rows.find((row) => row.id === id)?.name ?? id}: ${message}`);
    return { status: 0, text: words.failed(format.count(failed.length), named.join(" · ")), fields: [] };
  }

  async function run(action: BulkAction): Promise<void> {
    const ids = changedBy(action, those);
    if (busy.value || ids.length === 0) return;
    busy.value = true;
    problem.value = await apply(action, ids);
    busy.value = false;
    if (problem.value === null) chosen.value = new Set();
  }

  if (those.length === 0) return <Trouble problem={problem.value} />;
  return (
    <div class="stack">
      <div class="actions">
        <span>{words.chosen(format.count(those.length))}</span>
        {ACTIONS.map(([action, icon, label]) => (
          <button
            key={action}
            type="button"
            aria-disabled={busy.value || changedBy(action, those).length === 0}
            onClick={() => void run(action)}
          >
            <Icon name={icon} />
            {label}
          </button>
        ))}
        <button
          type="button"
          class="quiet"
          onClick={() => {
            chosen.value = new Set();
          }}
        >
          {strings.cancel}
        </button>
      </div>
      <Trouble problem={problem.value} />
    </div>
  );
}
