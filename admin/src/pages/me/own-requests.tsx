/**
 * The holder's own requests, newest first. A page of them may be empty and still have an older one, because the relay looks at a bounded
 * number of rows at a time.
 */
import { signal, useSignal } from "@preact/signals";
import { useReading } from "../../list/reading.ts";
import { type Column, Table } from "../../list/table.tsx";
import { format } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Time } from "../../parts/time.tsx";
import type { Notice } from "../../parts/toasts.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { Cost } from "../requests/columns.tsx";
import { outcomeFace } from "../requests/outcome.ts";
import { type Page, withNewest, withOlder } from "../requests/timeline.ts";
import { words as requestWords } from "../requests/words.ts";
import type { Holder, OwnRequestView } from "./holder.ts";
import { words } from "./words.ts";

/** There are no actions on a row here. */
const NO_NOTICE = signal<Notice | null>(null);

export function OwnRequests({ holder }: { holder: Holder }) {
  const page = useSignal<Page<OwnRequestView> | null>(null);
  const olderProblem = useSignal<Problem | null>(null);
  const asking = useSignal(false);

  const newest = useReading("requests", async (signal) => {
    const answer = await holder.requests(null, signal);
    if (answer.ok && !signal.aborted)
      page.value = page.value === null ? answer.value : withNewest(page.value, answer.value);
    return answer;
  });

  async function loadOlder(cursor: string): Promise<void> {
    if (asking.value) return;
    asking.value = true;
    const answer = await holder.requests(cursor);
    asking.value = false;
    olderProblem.value = answer.ok ? null : answer.problem;
    // Meanwhile the newest page may have been read again, with another end.
    if (answer.ok && page.value?.nextCursor === cursor) page.value = withOlder(page.value, answer.value);
  }

  const shown = page.value;
  const cursor = shown?.nextCursor ?? null;
  return (
    <section class="stack" aria-labelledby="own-title">
      <h2 id="own-title">{words.requests}</h2>
      <Trouble problem={newest.problem.value} onRetry={newest.refresh} />
      <Trouble problem={olderProblem.value} />
      {shown === null && newest.problem.value === null && <Skeleton rows={4} />}
      {shown?.items.length === 0 && <p class="soft">{cursor === null ? words.noRequests : words.noneSoFar}</p>}
      {shown && shown.items.length > 0 && (
        <Table
          caption={words.requests}
          columns={columnsAt(Date.now())}
          rows={shown.items}
          idOf={(row) => row.id}
          stale={false}
          notice={NO_NOTICE}
        />
      )}
      {cursor !== null && (
        <div class="actions">
          <button type="button" aria-disabled={asking.value} onClick={() => void loadOlder(cursor)}>
            {requestWords.older}
          </button>
        </div>
      )}
    </section>
  );
}

/** `now` in milliseconds since the epoch. */
function columnsAt(now: number): readonly Column<OwnRequestView>[] {
  const figure = (name: string, head: string, cell: Column<OwnRequestView>["cell"]): Column<OwnRequestView> => {
    return { name, head, kind: "number", label: head, cell };
  };
  return [
    {
      name: "time",
      head: requestWords.time,
      kind: "still",
      cell: (row) => <Time iso={row.time} now={now} as="short" />,
    },
    {
      name: "outcome",
      head: requestWords.outcome,
      kind: "still",
      cell: ({ outcome, status }) => {
        const { text, tone } = outcomeFace(outcome, status);
        return (
          <Badge tone={tone} quiet={tone === "ok"} why={requestWords.statusIs(String(status))}>
            {tone === "ok" ? text : `${status} · ${text}`}
          </Badge>
        );
      },
    },
    {
      name: "model",
      head: requestWords.model,
      cell: ({ model }) => (
        <span class="cut mono" title={model}>
          {model}
        </span>
      ),
    },
    figure("in", requestWords.input, (row) => format.count(row.input_tokens)),
    figure("cache", requestWords.cache, (row) =>
      format.count(row.cache_read_tokens + row.cache_write_5m_tokens + row.cache_write_1h_tokens),
    ),
    figure("out", requestWords.output, (row) => format.count(row.output_tokens)),
    figure("cost", requestWords.cost, (row) => <Cost row={row} />),
    figure("duration", requestWords.duration, (row) => format.duration(row.duration_ms)),
  ];
}
