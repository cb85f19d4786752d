/** One key, for its holder: its state, its limits, how to connect, and below that what it has used. Fetched once there is a key. */
import { useSignal } from "@preact/signals";
import { useReading } from "../../list/reading.ts";
import { format } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { lazy } from "../../router/lazy.tsx";
import { LimitMeters } from "../key/live-limits.tsx";
import { tokensOf } from "../key/tokens.ts";
import { Connect } from "../keys/connect.tsx";
import { STATE_TONES } from "../keys/key-state.ts";
import { words as keyWords } from "../keys/words.ts";
import type { Holder, QuotaView } from "./holder.ts";
import { usedLimits } from "./used-limits.ts";
import { words } from "./words.ts";

/** Each takes one Worker request and one object request, while the page is visible. */
const EVERY_MS = 30_000;

/** It is below what people see first. */
const spentPart = lazy<{ holder: Holder }>(() => import("./spent.tsx").then((part) => part.Spent));

export function Usage({ apiKey, holder }: { apiKey: string; holder: Holder }) {
  const reading = useReading("quota", holder.quota, EVERY_MS);
  const quota = reading.value.value;
  const name = quota?.name || words.title;
  return (
    <>
      <div class="heading">
        <div class="line">
          <h1 class="cut" tabIndex={-1} title={name}>
            {name}
          </h1>
          {quota && <Badge tone={STATE_TONES[quota.state]}>{keyWords.states[quota.state]}</Badge>}
        </div>
        {quota && <Expiry quota={quota} />}
      </div>
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
      {quota && <Standing quota={quota} />}
      <div class="halves">
        <Limits quota={quota} holder={holder} />
        <Connection apiKey={apiKey} />
      </div>
      <spentPart.Page holder={holder} />
    </>
  );
}

function Expiry({ quota: { expires_at: at } }: { quota: QuotaView }) {
  if (at === null) return <p class="soft">{words.expiresNever}</p>;
  const past = Date.parse(at) <= Date.now();
  const when = format.ago(at, Date.now());
  return (
    <p class="soft">
      <time dateTime={at} title={format.moment(at)}>
        {past ? words.expired(when) : words.expires(when)}
      </time>
    </p>
  );
}

/** Why requests are refused, and until when; nothing if they are not. */
function Standing({ quota: { state, state_until: until } }: { quota: QuotaView }) {
  if (state === "active") return null;
  return (
    <div class="note" role="status">
      <Icon name="triangle-alert" />
      <p>{words.standing[state](until === null ? null : format.ago(until, Date.now()))}</p>
    </div>
  );
}

function Limits({ quota, holder }: { quota: QuotaView | null; holder: Holder }) {
  const reading = useReading("totals", holder.totals);
  const totals = reading.value.value;
  return (
    <section class="panel" aria-labelledby="limits-title">
      <h2 id="limits-title">{words.limits}</h2>
      {quota === null && <Skeleton rows={3} />}
      {quota?.limits.length === 0 && <p class="soft">{words.noLimits}</p>}
      {quota && <LimitMeters limits={usedLimits(quota)} now={Date.now()} />}
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
      {totals && (
        <dl class="facts">
          <dt>{words.totals}</dt>
          <dd>
            {format.usd(totals.cost_usd)} · {words.totalRequests(format.count(totals.requests))} ·{" "}
            {words.totalTokens(format.count(tokensOf(totals)))}
          </dd>
        </dl>
      )}
    </section>
  );
}

/** The lines for each client. They show the key only on demand, so that nobody reads it over the holder's shoulder. */
function Connection({ apiKey }: { apiKey: string }) {
  const shown = useSignal(false);
  return (
    <section class="panel" aria-labelledby="connect-title">
      <div class="heading">
        <h2 id="connect-title">{keyWords.connect.title}</h2>
        <button
          type="button"
          onClick={() => {
            shown.value = !shown.value;
          }}
        >
          <Icon name={shown.value ? "eye-off" : "eye"} />
          {shown.value ? keyWords.hide : keyWords.show}
        </button>
      </div>
      {!shown.value && (
        <p class="hint">
          {keyWords.connect.about} {keyWords.connect.masked}
        </p>
      )}
      <Connect apiKey={shown.value ? apiKey : `cr_…${apiKey.slice(-4)}`} />
    </section>
  );
}
