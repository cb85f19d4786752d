/** The whole relay at a glance: what needs attention, what it has cost and who has caused that, and the state of the accounts. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Bars } from "../../charts/bars.tsx";
import { CsvButton } from "../../csv/csv-button.tsx";
import { again, useReading } from "../../list/reading.ts";
import { format, strings } from "../../locale/strings.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { beginOf, rangeIn } from "../../parts/range.ts";
import { RangeSwitch } from "../../parts/range-switch.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { lazy } from "../../router/lazy.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { Attention } from "./attention.tsx";
import { FreePlan } from "./free-plan.tsx";
import "./overview.css";
import { bucketNames, costSeries, type Overview, readOverview, readRefusals, STACKS, type Stack } from "./overview.ts";
import { Tiles } from "./tiles.tsx";
import { Tokens } from "./tokens.tsx";
import { TopKeys } from "./top-keys.tsx";
import { words } from "./words.ts";

/** It is below what people look at first, and needs the words of two other pages. */
const Endings = lazy(() => import("./outcomes.tsx").then((part) => part.Endings));
// It is always shown, so it is fetched in parallel with the figures.
void Endings.fetch();
/** Shown only on a relay that has served nothing yet. */
const StartHere = lazy(() => import("../requests/start-here.tsx").then((part) => part.StartHere));

/** While the page is visible. For a busy relay, the sums of a day are about ten thousand rows of D1, of the five million a day. */
const EVERY_MS = 300_000;

export function OverviewPage({ data, router }: PageProps) {
  const { client, directory } = data;
  const stack = useSignal<Stack>("model");
  const range = rangeIn(router.search.value);
  const reading = useReading(
    `${range} ${stack.value}`,
    (signal) => readOverview(client, range, stack.value, signal),
    EVERY_MS,
  );
  const refusals = useReading("refusals", (signal) => readRefusals(client, signal), EVERY_MS);
  const read = reading.value.value;
  const before = useRef<Overview | null>(null);
  useEffect(() => {
    if (read !== null) before.current = read;
  }, [read]);
  // Until another range or another split is there, what was shown stays: the page keeps its height, and a button its focus.
  const overview = read ?? (reading.problem.value === null ? before.current : null);
  const known = directory.known.value;
  const unused = overview?.totals.requests === 0 && known !== null && !(known.hasAccount && known.hasKey);

  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{words.title}</h1>
        <RangeSwitch router={router} />
      </div>
      <Trouble problem={reading.problem.value} onRetry={again(reading, refusals)} />
      {unused && <StartHere.Page directory={directory} router={router} />}
      {overview === null && reading.problem.value === null && <Skeleton rows={10} />}
      {overview && (
        <div class="stack" aria-busy={read === null}>
          <Attention attention={overview.attention} router={router} />
          <Tiles overview={overview} />
          <CostPanel overview={overview} stack={stack} from={beginOf(range, Date.now())} />
          <div class="halves">
            <FreePlan meter={overview.meter} now={Date.now()} />
            <Tokens totals={overview.totals} cache={overview.cache} />
          </div>
          <div class="halves">
            <TopKeys keys={overview.top_keys} directory={directory} router={router} />
            <AccountStrip accounts={overview.accounts} router={router} />
          </div>
          <Endings.Page outcomes={overview.totals.outcomes} range={range} refusals={refusals} router={router} />
        </div>
      )}
    </>
  );
}

interface CostProps {
  overview: Overview;
  stack: Signal<Stack>;
  /** The beginning of the range, in the API's form. */
  from: string;
}

function CostPanel({ overview, stack, from }: CostProps) {
  const series = costSeries(overview.stack, { others: words.others, none: words.noAccount });
  return (
    <section class="panel" aria-labelledby="cost-title">
      <div class="heading">
        <h2 id="cost-title">{words.cost}</h2>
        <div class="actions">
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
          <CsvButton
            path="/admin/usage.csv"
            query={{ group_by: overview.buckets[0]?.includes("T") ? "hour" : "day", then_by: stack.value, from }}
            file="usage.csv"
          />
        </div>
      </div>
      {series.length === 0 ? (
        <p class="soft">{overview.totals.requests === 0 ? words.nothing : words.cut}</p>
      ) : (
        <Bars label={words.cost} buckets={bucketNames(overview.buckets, format)} series={series} show={format.usd} />
      )}
    </section>
  );
}

function AccountStrip({ accounts, router }: { accounts: Overview["accounts"] } & Pick<PageProps, "router">) {
  return (
    <section class="panel" aria-labelledby="accounts-title">
      <h2 id="accounts-title">{strings.shell.accounts}</h2>
      <ul class="strip">
        {worstFirst(accounts).map(({ id, name, status, until }) => (
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

/** People look at the strip to see what is wrong. */
function worstFirst(accounts: Overview["accounts"]): Overview["accounts"] {
  const rank = { bad: 0, warn: 1, ok: 2, off: 3 };
  return accounts.toSorted((a, b) => rank[TONES[a.status]] - rank[TONES[b.status]]);
}

const TONES: Record<Overview["accounts"][number]["status"], Tone> = {
  ...{ ok: "ok", untested: "off", limited: "warn", cooling_down: "warn" },
  ...{ sign_in_needed: "bad", disabled: "bad", paused: "off", expired: "bad" },
};
