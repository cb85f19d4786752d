/** The whole relay at a glance: what needs somebody, what it has cost and who has caused it, and how the accounts are. */
import { useSignal } from "@preact/signals";
import { ask } from "../../api.ts";
import { Bars } from "../../charts/bars.tsx";
import { useReading } from "../../list/reading.ts";
import { format, strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Meter } from "../../parts/meter.tsx";
import { rangeIn } from "../../parts/range.ts";
import { RangeSwitch } from "../../parts/range-switch.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { lazy } from "../../router/lazy.tsx";
import { pathTo } from "../../router/match.ts";
import { tightestBudget } from "../keys/budget.ts";
import type { PageProps } from "../pages.ts";
import { worriesOf } from "./attention.ts";
import { DIMENSIONS, type Dimension, readBefore, readBuckets, readCosts } from "./overview.ts";
import "./overview.css";
import { costBars } from "./series.ts";
import { Tiles } from "./tiles.tsx";
import { Tokens } from "./tokens.tsx";
import { words } from "./words.ts";

/** What nobody sees who has begun. */
const StartHere = lazy(() => import("../requests/start-here.tsx").then((part) => part.StartHere));

/** While the page is in sight. */
const EVERY_MS = 60_000;
const TOP_KEYS = "6";
const MOST_WORRIES = "20";

export function OverviewPage({ data, router }: PageProps) {
  const { client, directory } = data;
  const range = rangeIn(router.search.value);
  const buckets = useReading(range, (signal) => readBuckets(client, range, signal), EVERY_MS);
  const before = useReading(`${range} before`, (signal) => readBefore(client, range, signal));
  const usage = buckets.value.value;
  const known = directory.known.value;
  const unused = usage?.totals.requests === 0 && known !== null && !(known.hasAccount && known.hasKey);

  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{words.title}</h1>
        <RangeSwitch router={router} />
      </div>
      <Trouble problem={buckets.problem.value} onRetry={buckets.refresh} />
      {unused && <StartHere.Page directory={directory} router={router} />}
      <Attention data={data} router={router} />
      {usage === null ? (
        buckets.problem.value === null && <Skeleton rows={3} />
      ) : (
        <Tiles usage={usage} before={before.value.value} />
      )}
      <CostPanel data={data} router={router} />
      <div class="halves">
        {usage && <Tokens totals={usage.totals} />}
        <TopKeys data={data} router={router} />
      </div>
      <Refused data={data} router={router} />
    </>
  );
}

type PartProps = Pick<PageProps, "data" | "router">;

function Attention({ data, router }: PartProps) {
  const { client, directory } = data;
  const stopped = useReading("stopped", async (signal) => {
    const keys = client.admin["api-keys"];
    const [spent, full, unpriced] = await Promise.all([
      ask(keys.$get({ query: { status: "budget_used", limit: MOST_WORRIES } }, { init: { signal } })),
      ask(keys.$get({ query: { status: "window_full", limit: MOST_WORRIES } }, { init: { signal } })),
      ask(client.admin.prices.unpriced.$get({ query: {} }, { init: { signal } })),
    ]);
    if (!spent.ok) return spent;
    if (!full.ok) return full;
    if (!unpriced.ok) return unpriced;
    return { ok: true, value: { keys: [...spent.value.items, ...full.value.items], unpriced: unpriced.value.items } };
  });
  const known = directory.known.value;
  const { value } = stopped.value;
  if (known === null || value === null) return <Trouble problem={stopped.problem.value} onRetry={stopped.refresh} />;
  const worries = worriesOf(known.accounts, value.keys, value.unpriced);
  if (worries.length === 0) {
    return (
      <p class="note calm">
        <Icon name="circle-check" />
        {words.allWell}
      </p>
    );
  }
  return (
    <section class="panel" aria-labelledby="attention-title">
      <h2 id="attention-title">
        {words.attention} <span class="soft">{format.count(worries.length)}</span>
      </h2>
      <ul class="worries">
        {worries.map(({ tone, icon, name, state, why, until, path }) => (
          <li key={`${path} ${state}`}>
            <Icon name={icon} />
            <a class="name cut" href={router.href(path)} title={name}>
              {name}
            </a>
            <Badge tone={tone} why={why ?? undefined}>
              {words.worries[state]}
            </Badge>
            <span class="soft small cut" title={why ?? undefined}>
              {[why, until !== null && words.until(format.date(until))].filter(Boolean).join(" · ")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function CostPanel({ data, router }: PartProps) {
  const dimension = useSignal<Dimension>("model");
  const range = rangeIn(router.search.value);
  const by = dimension.value;
  const costs = useReading(`${range} ${by}`, (signal) => readCosts(data.client, range, by, signal), EVERY_MS);
  const read = costs.value.value;
  const bars = read && costBars(read.sums, read, { others: words.others, none: words.noAccount }, format);
  return (
    <section class="panel" aria-labelledby="cost-title">
      <div class="heading">
        <h2 id="cost-title">{words.cost}</h2>
        <fieldset class="choices" aria-label={words.costBy}>
          {DIMENSIONS.map((offered) => (
            <button
              key={offered}
              type="button"
              aria-pressed={offered === by}
              onClick={() => {
                dimension.value = offered;
              }}
            >
              {words.by[offered]}
            </button>
          ))}
        </fieldset>
      </div>
      <Trouble problem={costs.problem.value} onRetry={costs.refresh} />
      {read === null && costs.problem.value === null && <Skeleton rows={4} />}
      {read?.sums.length === 0 && <p class="soft">{words.nothing}</p>}
      {bars && bars.series.length > 0 && (
        <Bars label={words.cost} buckets={bars.buckets} series={bars.series} show={format.usd} />
      )}
      {read?.cut && <p class="note small">{words.cut}</p>}
    </section>
  );
}

function TopKeys({ data, router }: PartProps) {
  const keys = useReading("top", (signal) =>
    ask(data.client.admin["api-keys"].$get({ query: { sort: "today_cost", limit: TOP_KEYS } }, { init: { signal } })),
  );
  const items = keys.value.value?.items;
  return (
    <section class="panel" aria-labelledby="top-title">
      <h2 id="top-title">{words.topKeys}</h2>
      <Trouble problem={keys.problem.value} onRetry={keys.refresh} />
      {!items && keys.problem.value === null && <Skeleton rows={4} />}
      {items?.length === 0 && <p class="soft">{words.nothing}</p>}
      <ul class="stack">
        {items?.map((key) => {
          const budget = tightestBudget(key);
          const limit = budget && strings.used[budget.of](format.usd(budget.limit));
          return (
            <li key={key.id} class="stack top-key">
              <div class="line">
                <a class="name cut" href={router.href(pathTo("/keys/:id", { id: key.id }))} title={key.name}>
                  {key.name}
                </a>
                <span class="figure">{format.usd(key.today_cost_usd)}</span>
              </div>
              {budget && limit && (
                <Meter share={budget.share} label={strings.used.of(format.usd(budget.used), limit)}>
                  <span class="soft">{strings.used.of(format.usd(budget.used), limit)}</span>
                </Meter>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Refused before any account was asked: whose, and why. */
function Refused({ data, router }: PartProps) {
  const refusals = useReading("refusals", (signal) =>
    ask(
      data.client.admin.refusals.$get(
        { query: { group_by: "key", then_by: "reason", limit: MOST_WORRIES } },
        { init: { signal } },
      ),
    ),
  );
  const read = refusals.value.value;
  return (
    <section class="panel" aria-labelledby="refused-title">
      <div class="heading">
        <h2 id="refused-title">
          {words.refused} {read && <span class="soft">{format.count(read.total)}</span>}
        </h2>
      </div>
      <p class="soft small">{words.refusedWhat}</p>
      <Trouble problem={refusals.problem.value} onRetry={refusals.refresh} />
      {read === null && refusals.problem.value === null && <Skeleton rows={2} />}
      {read?.items.length === 0 && <p>{words.noRefusals}</p>}
      {read && read.items.length > 0 && (
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">{words.by.key}</th>
                <th scope="col">{words.reason}</th>
                <th scope="col" class="number">
                  {words.times}
                </th>
                <th scope="col">{words.lastHour}</th>
              </tr>
            </thead>
            <tbody>
              {read.items.map((item) => (
                <tr key={`${item.key_id} ${item.reason}`}>
                  <td>
                    {item.key_id ? (
                      <a
                        class="name cut"
                        href={router.href(pathTo("/keys/:id", { id: item.key_id }))}
                        title={item.key_name ?? item.key_id}
                      >
                        {item.key_name ?? item.key_id.slice(0, 8)}
                      </a>
                    ) : (
                      <span class="soft">{words.noKey}</span>
                    )}
                  </td>
                  <td class="mono">{item.reason}</td>
                  <td class="number" data-label={words.times}>
                    {format.count(item.count)}
                  </td>
                  <td class="still" title={format.moment(item.last_at)}>
                    {format.time(item.last_at, Date.now())}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
