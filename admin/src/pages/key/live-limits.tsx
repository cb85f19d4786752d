/** How much of each limit of a key is used, as its gate reports now, and when it resets. */
import type { ComponentChildren } from "preact";
import { useReading } from "../../list/reading.ts";
import { format, strings } from "../../locale/strings.ts";
import { Meter } from "../../parts/meter.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Time } from "../../parts/time.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { ApiKey, Keys, LiveKey } from "../keys/keys.ts";
import { words as keysWords } from "../keys/words.ts";
import { limitsOf, type UsedLimit } from "./limits.ts";

const words = keysWords.page;
/** Each takes one Worker request and one object request, while the page is visible. */
const EVERY_MS = 15_000;

export function LiveLimits({ apiKey, keys }: { apiKey: ApiKey; keys: Keys }) {
  const deleted = apiKey.deleted_at !== null;
  const reading = useReading(`${apiKey.id} ${apiKey.updated_at}`, (signal) => keys.live(apiKey.id, signal), EVERY_MS);
  const live = reading.value.value;
  return (
    <section class="panel" aria-labelledby="live-title">
      <h2 id="live-title">{words.live}</h2>
      {!deleted && <Trouble problem={reading.problem.value} onRetry={reading.refresh} />}
      {deleted && <p class="soft">{keysWords.states.deleted}</p>}
      {live === null && !deleted && reading.problem.value === null && <Skeleton rows={FACTS + limitCount(apiKey)} />}
      {live && !deleted && <Limits apiKey={apiKey} live={live} />}
    </section>
  );
}

/** How many facts the skeleton shows below the limits. */
const FACTS = 5;

/** How many limits will be shown as bars. */
function limitCount(key: ApiKey): number {
  const { rate_limit_requests, rate_limit_tokens, rate_limit_cost_usd, weekly_cost_limit_usd, token_limit } = key;
  const limits = [rate_limit_requests, rate_limit_tokens, rate_limit_cost_usd, weekly_cost_limit_usd, token_limit];
  return limits.filter((limit) => limit !== null).length;
}

function Limits({ apiKey, live }: { apiKey: ApiKey; live: LiveKey }) {
  const now = Date.now();
  const limits = limitsOf(apiKey, live);
  const hasMeter = (name: UsedLimit["name"]) => limits.some((limit) => limit.name === name);
  return (
    <>
      {limits.length === 0 && <p class="soft">{words.noLimits}</p>}
      <LimitMeters limits={limits} now={now} />
      <dl class="facts">
        {!hasMeter("inFlight") && <Fact name={words.inFlight}>{format.count(live.in_flight)}</Fact>}
        {!hasMeter("today") && <Fact name={words.today}>{format.usd(live.today.cost_usd)}</Fact>}
        {!hasMeter("total") && <Fact name={words.total}>{format.usd(live.total.cost_usd)}</Fact>}
        <Fact name={words.requests}>{format.count(live.total.requests)}</Fact>
        <Fact name={words.firstUsed}>
          {live.activated_at === null ? words.neverUsed : <Time iso={live.activated_at} now={now} />}
        </Fact>
        <Fact name={words.expires}>
          {live.expires_at === null ? words.never : <Time iso={live.expires_at} now={now} />}
        </Fact>
      </dl>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Each limit as a bar. `now` in milliseconds since the epoch. */
export function LimitMeters({ limits, now }: { limits: readonly UsedLimit[]; now: number }) {
  return (
    <>
      {limits.map(({ name, used, limit, money, resetsAt }) => {
        const show = money ? format.usd : (value: string | number) => format.count(Number(value));
        return (
          <Meter key={name} share={Number(used) / Number(limit)} label={words[name]}>
            <span>{words[name]}</span>
            <span>
              {strings.used.of(show(used), show(limit))}
              {resetsAt !== null && (
                <span class="soft" title={format.moment(resetsAt)}>
                  {" · "}
                  {words.resets(format.ago(resetsAt, now))}
                </span>
              )}
            </span>
          </Meter>
        );
      })}
    </>
  );
}
