/** The state of the price feed, and a button that reads it now. */
import { useSignal } from "@preact/signals";
import { format } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import type { FeedState, Prices } from "./prices.ts";
import { words } from "./words.ts";

export function Feed({ prices }: { prices: Prices }) {
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const state = prices.feed.value;

  async function refresh(): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    problem.value = await prices.refreshFeed();
    busy.value = false;
  }

  return (
    <section class="panel" aria-labelledby="feed-title">
      <div class="heading">
        <h2 id="feed-title">{words.feed}</h2>
        {/* Its space is reserved. */}
        <button
          type="button"
          aria-disabled={busy.value || state?.feed_enabled !== true}
          onClick={() => state?.feed_enabled && void refresh()}
        >
          <Icon name="refresh-cw" />
          {busy.value ? words.refreshing : words.refresh}
        </button>
      </div>
      <Trouble problem={problem.value} />
      <div class="line">{state ? <Said state={state} /> : <span class="soft">…</span>}</div>
      {state && <Details state={state} />}
    </section>
  );
}

function Said({ state: { feed, feed_enabled } }: { state: FeedState }) {
  if (!feed_enabled) return <span class="soft">{words.feedOff}</span>;
  if (feed === null) return <span class="soft">{words.feedNever}</span>;
  return (
    <>
      <Badge tone={feed.ok ? "ok" : "bad"}>{feed.ok ? words.feedGood : words.feedBad}</Badge>
      <span title={format.moment(feed.at)}>
        {words.feedWas(format.ago(feed.at, Date.now()), format.count(feed.models))}
      </span>
    </>
  );
}

/** In the relay's words: which prices of the feed it did not accept, or why it accepted none. */
function Details({ state: { feed, feed_enabled } }: { state: FeedState }) {
  const said = feed && feed_enabled ? [...feed.problems, ...feed.skipped] : [];
  if (said.length === 0) return null;
  return (
    <details>
      <summary>{feed?.ok ? words.skipped(format.count(said.length)) : words.whyNot}</summary>
      <ul class="stack small" lang="en">
        {said.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  );
}
