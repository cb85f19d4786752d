/** The request log, live while it is on screen. Reads; changes nothing. */
import { useEffect } from "preact/hooks";
import { ListPage } from "../../list/list-page.tsx";
import { strings } from "../../locale/strings.ts";
import type { PageProps } from "../pages.ts";
import { columnsOf, timeOf } from "./columns.tsx";
import { RequestDetails } from "./details.tsx";
import { REQUEST_FILTERS } from "./filters.ts";
import type { Requests } from "./requests.ts";
import { StartHere } from "./start-here.tsx";

const words = strings.requests;
const NO_NAMES: ReadonlyMap<string, string> = new Map();

export function RequestsPage({ data, router }: PageProps) {
  const { requests, directory, notice } = data;
  useEffect(() => void directory.load(), [directory]);

  const known = directory.known.value;
  const now = Date.now();

  return (
    <ListPage
      title={words.title}
      router={router}
      list={requests}
      filters={REQUEST_FILTERS}
      aside={<LiveSwitch requests={requests} />}
      empty={<StartHere directory={directory} router={router} />}
      moreLabel={words.older}
      table={{
        class: "requests",
        caption: words.caption,
        columns: columnsOf(known?.keyNames ?? NO_NAMES, now),
        idOf: (row) => row.id,
        fresh: requests.fresh.value,
        details: {
          head: words.details,
          label: (row) => words.detailsOf(timeOf(row, now)),
          of: (row) => <RequestDetails row={row} accountNames={known?.accountNames ?? NO_NAMES} />,
        },
        notice,
      }}
    />
  );
}

function LiveSwitch({ requests }: { requests: Requests }) {
  const paused = requests.paused.value;
  const live = !paused && requests.problem.value === null;
  const text = live ? words.live : paused ? words.paused : words.stale;
  return (
    <div class="actions">
      <span class={`live dot ${live ? "on" : ""}`}>{text}</span>
      <button type="button" class="quiet" onClick={() => requests.setPaused(!paused)}>
        {paused ? words.resume : words.pause}
      </button>
    </div>
  );
}
