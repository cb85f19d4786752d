/** The cost of a key, by day and by model. */
import type { InferResponseType } from "hono/client";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { AdminClient } from "../../api.ts";
import { Bars } from "../../charts/bars.tsx";
import { daysBetween } from "../../charts/days.ts";
import { CsvButton } from "../../csv/csv-button.tsx";
import { partOf, type Reading } from "../../list/reading.ts";
import { format } from "../../locale/strings.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { words as keysWords } from "../keys/words.ts";
import { type Tokens, tokensOf } from "./tokens.ts";

const words = keysWords.page;
export type KeyUsed = InferResponseType<AdminClient["admin"]["usage"]["key"]["$get"], 200>;

export function KeyUsage({ id, used }: { id: string; used: Reading<KeyUsed> }) {
  const [days, models] = useMemo(
    () => [
      partOf(used, ({ days: items, ...more }) => ({ items, ...more })),
      partOf(used, ({ models: items }) => ({ items })),
    ],
    [used],
  );
  return (
    <div class="halves">
      <DaysPanel
        days={days}
        aside={
          <CsvButton
            path="/admin/usage.csv"
            query={{ group_by: "day", then_by: "model", key_id: id }}
            file={`usage-${id.slice(0, 8)}.csv`}
          />
        }
      />
      <ModelsPanel models={models} />
    </div>
  );
}

export function DaysPanel({ days, aside }: { days: Reading<DaySums>; aside?: ComponentChildren }) {
  const byDay = days.value.value;
  const unused = byDay !== null && byDay.totals.requests === 0;
  return (
    <section class="panel" aria-labelledby="daily-title">
      <div class="heading">
        <h2 id="daily-title">{words.daily}</h2>
        {byDay && !unused && (
          <div class="line">
            <b class="figure">{format.usd(byDay.totals.cost_usd)}</b>
            {aside}
          </div>
        )}
      </div>
      <Trouble problem={days.problem.value} onRetry={days.refresh} />
      {byDay === null && days.problem.value === null && <Skeleton rows={4} />}
      {unused && <p class="soft">{words.noUsage}</p>}
      {byDay && !unused && <DayBars usage={byDay} />}
    </section>
  );
}

export function ModelsPanel({ models, title = words.models }: { models: Reading<ModelSums>; title?: string }) {
  const byModel = models.value.value;
  return (
    <section class="panel" aria-labelledby="models-title">
      <h2 id="models-title">{title}</h2>
      <Trouble problem={models.problem.value} onRetry={models.refresh} />
      {byModel === null && models.problem.value === null && <Skeleton rows={4} />}
      {byModel?.items.length === 0 && <p class="soft">{words.nothingUsed}</p>}
      {byModel && byModel.items.length > 0 && (
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">{words.model}</th>
                <th scope="col" class="number">
                  {words.requests}
                </th>
                <th scope="col" class="number">
                  {words.tokensColumn}
                </th>
                <th scope="col" class="number">
                  {words.cost}
                </th>
              </tr>
            </thead>
            <tbody>
              {byModel.items.map((item) => (
                <tr key={item.model}>
                  <td>
                    <span class="cut mono" title={item.model}>
                      {item.model}
                    </span>
                  </td>
                  <td class="number" data-label={words.requests}>
                    {format.count(item.requests)}
                  </td>
                  <td class="number" data-label={words.tokensColumn}>
                    {format.short(tokensOf(item))}
                  </td>
                  <td class="number">{format.usd(item.cost_usd)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

export interface DaySums {
  items: readonly { day?: string; cost_usd: string }[];
  totals: { requests: number; cost_usd: string };
  /** ISO 8601: the beginning of the first day; below, the end. */
  from: string;
  to: string;
}

export interface ModelSums {
  items: readonly ({ model?: string; requests: number; cost_usd: string } & Tokens)[];
}

function DayBars({ usage }: { usage: DaySums }) {
  const costs = new Map(usage.items.map(({ day, cost_usd }) => [day, Number(cost_usd)]));
  const days = daysBetween(usage.from, usage.to);
  const buckets = days.map((day) => ({ short: format.calendarDay(day), long: format.calendarDay(day) }));
  const values = days.map((day) => costs.get(day) ?? 0);
  return <Bars label={words.daily} buckets={buckets} series={[{ name: words.cost, values }]} show={format.usd} />;
}
