/** How much of Cloudflare's free plan is used today, and when it would be used up. Shows nothing on a paid plan. */
import { format } from "../../locale/strings.ts";
import { Meter } from "../../parts/meter.tsx";
import type { Overview } from "./overview.ts";
import { words } from "./words.ts";

export function FreePlan({ meter, now }: { meter: Overview["meter"]; now: number }) {
  return (
    <section class="panel" aria-labelledby="plan-title">
      <div class="heading">
        <h2 id="plan-title">{words.plan}</h2>
        <span class="soft small" title={format.moment(meter.to)}>
          {words.planEnds(format.ago(meter.to, now))}
        </span>
      </div>
      {meter.allowances.map(({ name, used, limit, exhausted_at, estimated }) => (
        <Meter key={name} share={used / limit} label={words.allowances[name]}>
          <span>{words.allowances[name]}</span>
          <span title={estimated > 0 ? words.estimated(format.count(estimated)) : undefined}>
            {estimated > 0 && "~"}
            {format.count(used)} <span class="soft">/ {format.count(limit)}</span>
            {exhausted_at !== null && (
              <b class="tone-bad" title={format.moment(exhausted_at)}>
                {" · "}
                {used >= limit ? words.usedUp : words.exhausted(format.hour(exhausted_at))}
              </b>
            )}
          </span>
        </Meter>
      ))}
      {meter.truncated && <p class="note small">{words.planCut}</p>}
    </section>
  );
}
