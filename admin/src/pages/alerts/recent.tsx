/** The latest alerts, with their result at each channel. */
import { useEffect, useMemo } from "preact/hooks";
import { ask } from "../../api.ts";
import { createList } from "../../list/list.ts";
import { format, locale } from "../../locale/strings.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Time } from "../../parts/time.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { PageProps } from "../pages.ts";
import type { Alert } from "./channels.ts";
import { words } from "./words.ts";

const TONES: Record<Alert["level"], Tone> = { urgent: "bad", warning: "warn", info: "off" };
const STATES: Record<Alert["deliveries"][number]["state"], Tone> = {
  ...{ waiting: "warn", sent: "ok", failed: "bad", unclear: "warn", expired: "off", dropped: "bad" },
};

export function Recent({ client }: Pick<PageProps["data"], "client">) {
  const list = useMemo(
    () =>
      createList<Alert, object>((page, _filters, signal) =>
        ask(client.admin.alerts.$get({ query: { ...page, language: locale } }, { init: { signal } })),
      ),
    [client],
  );
  useEffect(() => list.visit({}), [list]);
  const rows = list.rows.value;
  const now = Date.now();
  return (
    <section class="panel" aria-labelledby="recent-title">
      <h2 id="recent-title">{words.recent}</h2>
      <Trouble problem={list.problem.value} onRetry={list.refresh} />
      {!list.loaded.value && list.problem.value === null && <Skeleton rows={3} />}
      {list.loaded.value && rows.length === 0 && <p class="soft">{words.none}</p>}
      {rows.map((alert) => (
        <AlertLine key={alert.id} alert={alert} now={now} />
      ))}
      {list.hasMore.value && (
        <div class="actions">
          <button type="button" onClick={() => void list.loadMore()}>
            {words.more}
          </button>
        </div>
      )}
    </section>
  );
}

function AlertLine({ alert, now }: { alert: Alert; now: number }) {
  const sent = alert.deliveries.filter(({ state }) => state === "sent");
  const others = alert.deliveries.filter(({ state }) => state !== "sent");
  return (
    <details>
      <summary>
        <Badge tone={alert.phase === "recovered" ? "ok" : TONES[alert.level]}>{words.types[alert.type]}</Badge>{" "}
        <span class="soft">
          <Time iso={alert.time} now={now} />
        </span>
        <br />
        {alert.title}
      </summary>
      {alert.lines.map((line, at) => (
        <p key={at}>{line}</p>
      ))}
      <p class="soft">
        {sent.length > 0 && words.sentTo(format.count(sent.length))}
        {alert.deliveries.length === 0 && words.noChannel}
      </p>
      {others.map(({ channel_id, channel, state, time, reason }) => (
        <p key={channel_id} class={`tone-${STATES[state]}`}>
          {words.deliveries[state](channel ?? words.gone)}
          {reason !== null && `: ${reason}`} · <Time iso={time} now={now} />
        </p>
      ))}
    </details>
  );
}
