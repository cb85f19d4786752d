/** The request log, live while it is on screen. Read only. */
import { type AdminClient, ask } from "../../api.ts";
import { CsvButton } from "../../csv/csv-button.tsx";
import { readFilters } from "../../list/filters.ts";
import { ListPage } from "../../list/list-page.tsx";
import { useReading } from "../../list/reading.ts";
import { format, strings } from "../../locale/strings.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { lazy } from "../../router/lazy.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { columnsOf, type Names } from "./columns.tsx";
import { RequestDetails } from "./details.tsx";
import { queryOf, REQUEST_FILTERS } from "./filters.ts";
import { News } from "./news.tsx";
import { type RequestRow, type Requests, requestsOf } from "./requests.ts";
import { RequestTabs } from "./tabs.tsx";
import { words } from "./words.ts";
import "./requests.css";

/** Shown only on a relay that has served nothing yet. */
const StartHere = lazy(() => import("./start-here.tsx").then((part) => part.StartHere));
const NO_NAMES: ReadonlyMap<string, string> = new Map();

export function RequestsPage({ data, router, match }: PageProps) {
  const { directory, notice } = data;
  const requests = requestsOf(data);
  const known = directory.known.value;
  const names: Names = { keys: known?.keyNames ?? NO_NAMES, accounts: known?.accountNames ?? NO_NAMES };
  const now = Date.now();
  const { id } = match.params;
  const opened = id === undefined ? undefined : requests.rows.value.find((row) => row.id === id);
  const pathOf = (row: RequestRow) => pathTo("/requests/:id", { id: row.id }) + router.search.value;

  return (
    <ListPage
      title={words.title}
      router={router}
      list={requests}
      filters={REQUEST_FILTERS}
      aside={
        <>
          <a class="button" href={router.href("/start/key")}>
            <Icon name="plus" />
            {strings.shell.start}
          </a>
          <LiveSwitch requests={requests} />
          <CsvButton
            path="/admin/requests.csv"
            query={queryOf(readFilters(REQUEST_FILTERS, router.search.value), now)}
            file="requests.csv"
          />
        </>
      }
      empty={<StartHere.Page directory={directory} router={router} />}
      moreLabel={words.older}
      filterNameOf={(filter, value) => {
        if (filter === "key_id") return names.keys.get(value);
        return filter === "account_id" ? names.accounts.get(value) : undefined;
      }}
      offered={(filter) => {
        const all = filter === "key_id" ? known?.keys : filter === "account_id" ? known?.accounts : undefined;
        return all?.map(({ id, name }) => [id, name] as const) ?? [];
      }}
      table={{
        class: "requests",
        caption: words.caption,
        columns: columnsOf(names, now, (row) => router.href(pathOf(row))),
        idOf: (row) => row.id,
        fresh: requests.fresh.value,
        open: (row) => router.go(pathOf(row)),
        chosen: id,
        notice,
      }}
    >
      <RequestTabs router={router} current="log" />
      <News requests={requests} />
      {id !== undefined && (
        <Drawer
          title={opened ? words.requestOf(format.time(opened.time, now)) : words.details}
          onClose={() => router.go(`/requests${router.search.value}`)}
        >
          {opened ? (
            <RequestDetails key={opened.id} row={opened} names={names} client={data.client} router={router} now={now} />
          ) : (
            <OtherRequest key={id} id={id} client={data.client} names={names} router={router} />
          )}
        </Drawer>
      )}
    </ListPage>
  );
}

interface OtherProps extends Pick<PageProps, "router"> {
  id: string;
  client: AdminClient;
  names: Names;
}

/** A request that is not among the shown rows, opened by a link. */
function OtherRequest({ id, client, names, router }: OtherProps) {
  const reading = useReading(id, (signal) =>
    ask(client.admin.requests[":id"].$get({ param: { id } }, { init: { signal } })),
  );
  const row = reading.value.value;
  if (row) return <RequestDetails row={row} names={names} client={client} router={router} now={Date.now()} />;
  if (reading.problem.value) return <Trouble problem={reading.problem.value} onRetry={reading.refresh} />;
  return <Skeleton rows={8} />;
}

function LiveSwitch({ requests }: { requests: Requests }) {
  const paused = requests.paused.value;
  const live = !paused && requests.problem.value === null;
  const text = live ? words.live : paused ? words.paused : words.stale;
  return (
    <>
      <span class={`live ${live ? "on" : ""}`}>
        <span class="dot" />
        {text}
      </span>
      <button type="button" onClick={() => requests.setPaused(!paused)}>
        <Icon name={paused ? "play" : "pause"} />
        {paused ? words.resume : words.pause}
      </button>
    </>
  );
}
