/** The most expensive keys in the range, each with how much of its tightest budget is used. */
import type { Directory } from "../../directory.ts";
import { format, strings } from "../../locale/strings.ts";
import { Meter } from "../../parts/meter.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import { tightestBudget } from "../keys/budget.ts";
import type { Overview } from "./overview.ts";
import { words } from "./words.ts";

interface Props {
  keys: Overview["top_keys"];
  directory: Directory;
  router: Router;
}

export function TopKeys({ keys, directory, router }: Props) {
  const names = directory.known.value?.keyNames;
  return (
    <section class="panel" aria-labelledby="top-title">
      <h2 id="top-title">{words.topKeys}</h2>
      {keys.length === 0 && <p class="soft">{words.nothing}</p>}
      <ul class="stack">
        {keys.map(({ id, name, requests, cost_usd, budgets }) => {
          const shown = name ?? names?.get(id) ?? id.slice(0, 8);
          return (
            <li key={id} class="top-key">
              <a class="name cut" href={router.href(pathTo("/keys/:id", { id }))} title={shown}>
                {shown}
              </a>
              <span class="figure">
                {format.usd(cost_usd)} <span class="soft">{words.requestsOf(format.count(requests))}</span>
              </span>
              <Budget budgets={budgets} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Budget({ budgets }: { budgets: Overview["top_keys"][number]["budgets"] }) {
  const budget = budgets && tightestBudget(budgets);
  if (budget === null) return <span class="soft small">{budgets ? words.noBudget : words.keyGone}</span>;
  const said = strings.used.of(format.usd(budget.used), strings.used[budget.of](format.usd(budget.limit)));
  return (
    <div title={said}>
      <Meter share={budget.share} label={said} />
    </div>
  );
}
