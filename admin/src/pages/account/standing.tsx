/** The state of the account: its keys one by one, the provider's own limits, and requests in flight. */
import type { Reading } from "../../list/reading.ts";
import { format, strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Meter } from "../../parts/meter.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Time } from "../../parts/time.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Account, AccountHealth } from "../accounts/accounts.ts";
import { conditionText } from "../accounts/conditions.ts";
import { QuotaRings } from "../accounts/quota.tsx";
import { words as accountsWords } from "../accounts/words.ts";

const words = accountsWords.page;

export function Standing({ account, reading }: { account: Account; reading: Reading<AccountHealth> }) {
  const health = reading.value.value;
  const now = Date.now();
  return (
    <section class="panel" aria-labelledby="standing-title">
      <h2 id="standing-title">{words.standing}</h2>
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
      {health === null && reading.problem.value === null && <Skeleton rows={3} />}
      {health && (
        <>
          <QuotaRings quota={health.provider_quota} now={now} />
          {account.daily_quota_usd !== null && health.today_cost_usd !== null && (
            <Meter share={Number(health.today_cost_usd) / Number(account.daily_quota_usd)} label={words.dailyQuota}>
              <span>{words.dailyQuota}</span>
              <span>{strings.used.of(format.usd(health.today_cost_usd), format.usd(account.daily_quota_usd))}</span>
            </Meter>
          )}
          {account.max_concurrency !== null && health.in_flight !== null && (
            <Meter share={health.in_flight / account.max_concurrency} label={words.inFlight}>
              <span>{words.inFlight}</span>
              <span>{strings.used.of(format.count(health.in_flight), format.count(account.max_concurrency))}</span>
            </Meter>
          )}
          <ul class="stack">
            {keysOf(account, health).map(({ name, states }) => (
              <li key={name} class="line">
                <span class="mono">{name}</span>
                {states.length === 0 ? (
                  <Badge tone="ok">{words.keyOk}</Badge>
                ) : (
                  states.map((state) => (
                    <Badge
                      key={`${state.scope} ${state.family}`}
                      tone={state.until === null ? "bad" : "warn"}
                      why={conditionText(state.condition, state.reason) ?? undefined}
                    >
                      {state.family !== null && `${state.family}: `}
                      {state.until === null ? words.untilReset : words.until(format.date(state.until))}
                    </Badge>
                  ))
                )}
              </li>
            ))}
          </ul>
          {health.probing && <p class="note small">{words.probing}</p>}
          <dl class="facts">
            <dt>{accountsWords.fields.priority}</dt>
            <dd>{format.count(account.priority)}</dd>
            {account.expires_at !== null && (
              <>
                <dt>{words.expires}</dt>
                <dd>
                  <Time iso={account.expires_at} now={now} />
                </dd>
              </>
            )}
            {account.sign_in_ends_at !== null && (
              <>
                <dt>{accountsWords.signInEnds}</dt>
                <dd>
                  <Time iso={account.sign_in_ends_at} now={now} />
                </dd>
              </>
            )}
            {account.unsupported_parameters.length > 0 && (
              <>
                <dt>{words.unsupported}</dt>
                <dd class="mono">
                  {account.unsupported_parameters.map(({ model, parameter }) => `${model}: ${parameter}`).join(", ")}
                </dd>
              </>
            )}
          </dl>
        </>
      )}
    </section>
  );
}

/** Each key with its cooldowns. A sign-in counts as a key without a hint. */
function keysOf(account: Account, health: Pick<AccountHealth, "temporary_states">) {
  return account.api_keys.map(({ hint }, position) => ({
    name: hint === "…" ? words.keyAt(format.count(position + 1)) : hint,
    states: health.temporary_states.filter(({ key }) => key === null || key.position === position),
  }));
}
