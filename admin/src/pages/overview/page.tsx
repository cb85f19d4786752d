/** The whole relay at a glance: what needs somebody, what it has cost and who has caused it, and how the accounts are. */
import { type Signal, useSignal } from "@preact/signals";
import { ask } from "../../api.ts";
import { Bars } from "../../charts/bars.tsx";
import { useReading } from "../../list/reading.ts";
import { format, strings } from "../../locale/strings.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { rangeIn } from "../../parts/range.ts";
import { RangeSwitch } from "../../parts/range-switch.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { lazy } from "../../router/lazy.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { Attention } from "./attention.tsx";
import { FreePlan } from "./free-plan.tsx";
import "./overview.css";
import { bucketNames, costSeries, type Overview, readOverview, STACKS, type Stack } from "./overview.ts";
import { Tiles } from "./tiles.tsx";
import { Tokens } from "./tokens.tsx";
import { words } from "./words.ts";

/** What nobody sees who has begun. */
const StartHere = lazy(() => import("../requests/start-here.tsx").then((part) => part.StartHere));

/** While the page is in sight. */
const EVERY_MS = 60_000;
const MOST_REFUSALS = "20";

export function OverviewPage({ data, router }: PageProps) {
  const { client, directory } = data;
  const stack = useSignal<Stack>("model");
  const range = rangeIn(router.search.value);
  const reading = useReading(
    `${range} ${stack.value}`,
    (signal) => readOverview(client, range, stack.value, signal),
    EVERY_MS,
  );
  const overview = reading.value.value;
  const known = directory.known.value;
  const unused = overview?.totals.requests === 0 && known !== null && !(known.hasAccount && known.hasKey);

  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{words.title}</h1>
        <RangeSwitch router={router} />
      </div>
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
      {unused && <StartHere.Page directory={directory} router={router} />}
      {overview === null && reading.problem.value === null && <Skeleton rows={10} />}
      {overview && (
        <>
          <Attention attention={overview.attention} router={router} />
          <Tiles overview={overview} />
          <CostPanel overview={overview} stack={stack} />
          <div class="halves">
            <FreePlan meter={overview.meter} now={Date.now()} />
            <Tokens totals={overview.totals} cache={overview.cache} />
          </div>
          <div class="halves">
            <TopKeys overview={overview} data={data} router={router} />
            <AccountStrip accounts={overview.accounts} router={router} />
          </div>
        </>
      )}
      <Refused data={data} router={router} />
    </>
  );
}

type PartProps = Pick<PageProps, "data" | "router">;

function CostPanel({ overview, stack }: { overview: Overview; stack: Signal<Stack> }) {
  const series = costSeries(overview.stack, { others: words.others, none: words.noAccount });
  return (
    <section class="panel" aria-labelledby="cost-title">
      <div class="heading">
        <h2 id="cost-title">{words.cost}</h2>
        <fieldset class="choices" aria-label={words.costBy}>
          {STACKS.map((offered) => (
            <button
              key={offered}
              type="button"
              aria-pressed={offered === stack.value}
              onClick={() => {
                stack.value = offered;
              }}
            >
              {words.by[offered]}
            </button>
          ))}
        </fieldset>
      </div>
      {series.length === 0 ? (
        <p class="soft">{overview.totals.requests === 0 ? words.nothing : words.cut}</p>
      ) : (
        <Bars label={words.cost} buckets={bucketNames(overview.buckets, format)} series={series} show={format.usd} />
      )}
    </section>
  );
}

function TopKeys({ overview, data, router }: PartProps & { overview: Overview }) {
  const names = data.directory.known.value?.keyNames;
  const dearest = Number(overview.top_keys[0]?.cost_usd ?? 0) || 1;
  return (
    <section class="panel" aria-labelledby="top-title">
      <h2 id="top-title">{words.topKeys}</h2>
      {overview.top_keys.length === 0 && <p class="soft">{words.nothing}</p>}
      <ul class="stack">
        {overview.top_keys.map(({ id, name, requests, cost_usd }) => {
          const shown = name ?? names?.get(id) ?? id.slice(0, 8);
          return (
            <li key={id} class="stack top-key">
              <div class="line">
                <a class="name cut" href={router.href(pathTo("/keys/:id", { id }))} title={shown}>
                  {shown}
                </a>
                <span class="figure">
                  {format.usd(cost_usd)} <span class="soft">{words.requestsOf(format.count(requests))}</span>
                </span>
              </div>
              <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                <rect class="chart-1" width={(Number(cost_usd) / dearest) * 100} height="4" />
              </svg>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function AccountStrip({ accounts, router }: { accounts: Overview["accounts"] } & Pick<PageProps, "router">) {
  return (
    <section class="panel" aria-labelledby="accounts-title">
      <h2 id="accounts-title">{strings.shell.accounts}</h2>
      <ul class="strip">
        {accounts.map(({ id, name, status, until }) => (
          <li key={id}>
            <a class="name cut" href={router.href(pathTo("/accounts/:id", { id }))} title={name}>
              {name}
            </a>
            <Badge tone={TONES[status]} why={until === null ? undefined : words.until(format.date(until))}>
              {words.accountStates[status]}
            </Badge>
          </li>
        ))}
      </ul>
    </section>
  );
}

const TONES: Record<Overview["accounts"][number]["status"], Tone> = {
  ...{ ok: "ok", untested: "off", limited: "warn", cooling_down: "warn" },
  ...{ sign_in_needed: "bad", disabled: "bad", paused: "off", expired: "bad" },
};

/** Refused before any account was asked: whose, and why. */
function Refused({ data, router }: PartProps) {
  const refusals = useReading("refusals", (signal) =>
    ask(
      data.client.admin.refusals.$get(
        { query: { group_by: "key", then_by: "reason", limit: MOST_REFUSALS } },
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
