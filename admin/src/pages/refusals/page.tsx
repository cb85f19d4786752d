/** "Why is Bob blocked?": what the relay itself has refused, by key, reason and time. The counterpart of the request log. */
import { useMemo } from "preact/hooks";
import { Bars } from "../../charts/bars.tsx";
import { readFilters, withFilter } from "../../list/filters.ts";
import { ListPage } from "../../list/list-page.tsx";
import { useReading } from "../../list/reading.ts";
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Empty } from "../../parts/empty.tsx";
import { Time } from "../../parts/time.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { RequestTabs } from "../requests/tabs.tsx";
import { words as requestsWords } from "../requests/words.ts";
import { REFUSAL_FILTERS } from "./filters.ts";
import { countsOver, createRefusals, type RefusalFilters, type RefusalRow, readTimes } from "./refusals.ts";
import { reasonText, words } from "./words.ts";

export function RefusalsPage({ data, router }: PageProps) {
  const { client } = data;
  const refusals = useMemo(() => createRefusals(client), [client]);
  const names = data.directory.known.value?.keyNames;
  const search = router.search.value;

  return (
    <ListPage
      title={requestsWords.title}
      about={words.about}
      router={router}
      list={refusals}
      filters={REFUSAL_FILTERS}
      filterNameOf={(filter, value) => (filter === "key_id" ? names?.get(value) : reasonText(value))}
      empty={
        <>
          <Empty icon="circle-check" title={words.none} text={strings.range.names["24h"]} />
          <a href={router.href("/requests/refused?range=30d")}>{words.longer}</a>
        </>
      }
      moreLabel={strings.list.more}
      table={{
        caption: words.title,
        columns: columnsOf(
          (key) => router.href(pathTo("/keys/:id", { id: key })),
          (reason) => router.href(`/requests/refused${withFilter(search, "reason", reason)}`),
        ),
        idOf: (row) => `${row.key_id} ${row.reason}`,
        notice: data.notice,
      }}
    >
      <RequestTabs router={router} current="refused" />
      <Times client={client} filters={readFilters(REFUSAL_FILTERS, search)} />
    </ListPage>
  );
}

/** When they were refused, for what passes the filters. Shows nothing if there is nothing. */
function Times({ client, filters }: { client: PageProps["data"]["client"]; filters: RefusalFilters }) {
  const reading = useReading(JSON.stringify(filters), (signal) => readTimes(client, filters, signal));
  const read = reading.value.value;
  if (reading.problem.value) return <Trouble problem={reading.problem.value} onRetry={reading.refresh} />;
  if (read === null || read.total === 0) return null;
  const counts = countsOver(read);
  const byDay = read.items.some(({ day }) => day !== undefined);
  const buckets = counts.map(({ at }) =>
    byDay
      ? { short: format.calendarDay(at), long: format.calendarDay(at) }
      : { short: format.hour(at), long: format.date(at) },
  );
  return (
    <section class="panel" aria-labelledby="times-title">
      <h2 id="times-title">{words.total(format.count(read.total))}</h2>
      <Bars
        label={words.total(format.count(read.total))}
        buckets={buckets}
        series={[{ name: words.times, values: counts.map(({ count }) => count) }]}
        show={format.count}
      />
    </section>
  );
}

function columnsOf(
  keyHref: (id: string) => string,
  reasonHref: (reason: string) => string,
): readonly Column<RefusalRow>[] {
  const now = Date.now();
  return [
    {
      name: "key",
      head: words.key,
      kind: "wide",
      cell: ({ key_id, key_name }) =>
        key_id ? (
          <a class="name cut" href={keyHref(key_id)} title={key_name ?? key_id}>
            {key_name ?? key_id.slice(0, 8)}
          </a>
        ) : (
          <span class="soft">{words.nobody}</span>
        ),
    },
    {
      name: "reason",
      head: words.reason,
      kind: "roomy",
      cell: ({ reason = "" }) => (
        <a class="cut" href={reasonHref(reason)} title={reason}>
          {reasonText(reason)}
        </a>
      ),
    },
    { name: "times", head: words.times, kind: "number", label: words.times, cell: ({ count }) => format.count(count) },
    {
      name: "hour",
      head: words.hour,
      kind: "still",
      label: words.hour,
      cell: ({ last_at }) => <Time iso={last_at} now={now} as="short" />,
    },
  ];
}
