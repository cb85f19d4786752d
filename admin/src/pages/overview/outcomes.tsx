/** How the requests of the range have ended, and what the relay itself has refused, in the words of their pages. */
import type { Reading } from "../../list/reading.ts";
import { format } from "../../locale/strings.ts";
import type { Range } from "../../parts/range.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import { reasonText } from "../refusals/words.ts";
import { outcomeFace } from "../requests/outcome.ts";
import type { Overview, Refusals } from "./overview.ts";
import { words } from "./words.ts";

/** There are this many colours. */
const COLOURS = 6;

interface Props {
  outcomes: Overview["totals"]["outcomes"];
  /** That the outcomes are of. */
  range: Range;
  refusals: Reading<Refusals>;
  router: Router;
}

export function Endings({ outcomes, range, refusals, router }: Props) {
  return (
    <div class="halves">
      <Outcomes outcomes={outcomes} range={range} router={router} />
      <Refused refusals={refusals} router={router} />
    </div>
  );
}

/** Those that occurred, the most frequent first. Pure. */
export function endingsOf(outcomes: Readonly<Record<string, number>>): [outcome: string, count: number][] {
  return Object.entries(outcomes)
    .filter(([, count]) => count > 0)
    .sort(([, left], [, right]) => right - left);
}

function Outcomes({ outcomes, range, router }: Omit<Props, "refusals">) {
  const endings = endingsOf(outcomes);
  const all = endings.reduce((sum, [, count]) => sum + count, 0);
  const colour = (at: number) => `chart-${Math.min(at + 1, COLOURS)}`;
  let from = 0;
  return (
    <section class="panel" aria-labelledby="outcomes-title">
      <h2 id="outcomes-title">{words.outcomes}</h2>
      {all === 0 && <p class="soft">{words.nothing}</p>}
      {all > 0 && (
        <svg class="split" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          {endings.map(([outcome, count], at) => {
            const x = from;
            from += (count / all) * 100;
            return <rect key={outcome} class={colour(at)} x={x} width={from - x} height="10" />;
          })}
        </svg>
      )}
      <dl class="shares">
        {endings.map(([outcome, count], at) => (
          <div key={outcome}>
            <dt>
              <span class={`swatch ${colour(at)}`} />
              {outcome === "unknown" ? (
                words.outcomeUnknown
              ) : (
                <a href={router.href(`/requests?outcome=${outcome}&range=${range}`)}>
                  {outcomeFace(outcome, 200).text}
                </a>
              )}
            </dt>
            <dd class="figure">
              {format.count(count)} <span class="soft">{format.share(count / all)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Requests that were refused before any account was asked: whose they were, and why. */
function Refused({ refusals, router }: Omit<Props, "outcomes" | "range">) {
  const read = refusals.value.value;
  return (
    <section class="panel" aria-labelledby="refused-title">
      <div class="heading">
        <h2 id="refused-title">{words.refused}</h2>
        {read && read.total > 0 && (
          <a class="figure" href={router.href("/requests/refused")}>
            {format.count(read.total)}
          </a>
        )}
      </div>
      <p class="soft small">{words.refusedWhat}</p>
      <Trouble problem={refusals.problem.value} onRetry={refusals.refresh} />
      {read === null && refusals.problem.value === null && <Skeleton rows={3} />}
      {read?.items.length === 0 && <p>{words.noRefusals}</p>}
      <ul class="refused">
        {read?.items.map(({ key_id, key_name, reason = "", count, last_at }) => (
          <li key={`${key_id} ${reason}`}>
            {key_id ? (
              <a class="name cut" href={router.href(pathTo("/keys/:id", { id: key_id }))} title={key_name ?? key_id}>
                {key_name ?? key_id.slice(0, 8)}
              </a>
            ) : (
              <span class="soft cut">{words.noKey}</span>
            )}
            <a
              class="cut small"
              href={router.href(`/requests/refused?${new URLSearchParams({ ...(key_id && { key_id }), reason })}`)}
              title={`${reasonText(reason)} · ${words.lastHour} ${format.date(last_at)}`}
            >
              {reasonText(reason)}
            </a>
            <span class="figure">{format.count(count)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
