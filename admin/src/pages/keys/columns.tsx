/** The columns of the list of keys. */
import type { Signal } from "@preact/signals";
import { Spark } from "../../charts/spark.tsx";
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Meter } from "../../parts/meter.tsx";
import { Time } from "../../parts/time.tsx";
import { tightestBudget } from "./budget.ts";
import { KeyBadge } from "./key-badge.tsx";
import { keyLimits } from "./key-state.ts";
import type { ApiKey } from "./keys.ts";
import { lineOf, sumOf, type Week } from "./weeks.ts";
import { words } from "./words.ts";

/** A box for each key, and one for all keys that are shown. */
export function choosing(keys: readonly ApiKey[], ids: Signal<ReadonlySet<string>>): Column<ApiKey> {
  const all = keys.length > 0 && keys.every(({ id }) => ids.value.has(id));
  return {
    name: "choose",
    head: (
      <input
        type="checkbox"
        aria-label={words.bulk.all}
        checked={all}
        onChange={() => {
          ids.value = new Set(all ? [] : keys.map(({ id }) => id));
        }}
      />
    ),
    cell: ({ id, name, deleted_at }) =>
      deleted_at === null && (
        <input
          type="checkbox"
          aria-label={words.bulk.choose(name)}
          checked={ids.value.has(id)}
          onChange={() => {
            const others = [...ids.value].filter((other) => other !== id);
            ids.value = new Set(others.length < ids.value.size ? others : [...others, id]);
          }}
        />
      ),
  };
}

/**
 * `href`: the address of a key's page. `sortBy`: whether the list is sorted by a column, and how to change that. `weeks`: by id.
 * `narrowed`: whether the list shows only one owner's keys, or those with one tag.
 */
export function columnsOf(
  href: (key: ApiKey) => string,
  sortBy: (by: "name" | "today_cost" | "total_cost" | "last_used") => NonNullable<Column<ApiKey>["sort"]>,
  weeks: ReadonlyMap<string, Week>,
  narrowed: (filter: "owner" | "tag", value: string) => string,
): readonly Column<ApiKey>[] {
  const now = Date.now();
  return [
    {
      name: "name",
      head: words.name,
      sort: sortBy("name"),
      kind: "wide",
      cell: (key) => (
        <>
          <a class="name cut" href={href(key)} title={key.name}>
            {key.name}
          </a>
          <span class="under" title={key.description}>
            <span class="mono">cr_{key.hint}</span>
            {key.description !== "" && ` · ${key.description}`}
          </span>
        </>
      ),
    },
    { name: "state", head: words.state, kind: "still", cell: (key) => <KeyBadge apiKey={key} /> },
    {
      name: "owner",
      head: words.fields.owner,
      cell: (key) => (
        <>
          {key.owner !== "" && (
            <a class="cut plain" href={narrowed("owner", key.owner)} title={key.owner}>
              {key.owner}
            </a>
          )}
          {key.tags.length > 0 && (
            <span class="line">
              {key.tags.map((tag) => (
                <a key={tag} class="tag" href={narrowed("tag", tag)} title={tag}>
                  {tag}
                </a>
              ))}
            </span>
          )}
        </>
      ),
    },
    {
      name: "limits",
      head: words.limitsColumn,
      cell: (key) => {
        const limits = keyLimits(key, now, format);
        return (
          <span class="cut" title={limits}>
            {limits}
          </span>
        );
      },
    },
    { name: "budget", head: words.budget, cell: (key) => <Budget apiKey={key} /> },
    { name: "week", head: words.week, cell: (key) => <WeekLine week={weeks.get(key.id)} /> },
    {
      name: "today",
      head: words.today,
      sort: sortBy("today_cost"),
      kind: "number",
      label: words.today,
      cell: (key) => format.usd(key.today_cost_usd),
    },
    {
      name: "total",
      head: words.total,
      sort: sortBy("total_cost"),
      kind: "number",
      label: words.total,
      cell: (key) => format.usd(key.total_cost_usd),
    },
    {
      name: "used",
      head: words.lastUsed,
      sort: sortBy("last_used"),
      kind: "still",
      label: words.lastUsed,
      cell: (key) =>
        key.last_used_at === null ? <span class="soft">{words.never}</span> : <Time iso={key.last_used_at} now={now} />,
    },
  ];
}

/** Its space is reserved until it is known. */
function WeekLine({ week }: { week: Week | undefined }) {
  if (week === undefined) return <Spark values={[]} label="" />;
  const { cost, requests } = sumOf(week);
  const said = words.weekWas(format.usd(cost), format.count(requests));
  return (
    <div title={said}>
      <Spark values={lineOf(week)} label={said} />
    </div>
  );
}

/** The budget that is nearest to its end. */
function Budget({ apiKey }: { apiKey: ApiKey }) {
  const budget = tightestBudget(apiKey);
  if (budget === null) return <span class="soft">{words.noBudget}</span>;
  const said = strings.used.of(format.usd(budget.used), strings.used[budget.of](format.usd(budget.limit)));
  return (
    <div title={said}>
      <Meter share={budget.share} label={said} />
    </div>
  );
}
