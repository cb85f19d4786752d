/** Which keys of ENCRYPTION_KEY seal the stored secrets, and sealing them again under the newest, step by step. */
import { useSignal } from "@preact/signals";
import { type AdminClient, ask } from "../../api.ts";
import { useReading } from "../../list/reading.ts";
import { format } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Meter } from "../../parts/meter.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { words } from "./words.ts";

interface Progress {
  resealed: number;
  notResealed: number;
  left: number;
}

const STATES = ["newest", "older", "unknown"] as const;
const TONES = { newest: "ok", older: "warn", unknown: "bad" } as const;

export function Seals({ client }: { client: AdminClient }) {
  const reading = useReading("seals", (signal) => ask(client.admin.reseal.$get({ query: {} }, { init: { signal } })));
  const progress = useSignal<Progress | null>(null);
  const problem = useSignal<Problem | null>(null);
  const running = useSignal(false);
  const read = reading.value.value;
  const counts = STATES.map((state) => ({
    state,
    count: (read?.envelopes ?? []).filter((one) => one.state === state).reduce((sum, { count }) => sum + count, 0),
  }));
  const older = counts.some(({ state, count }) => state === "older" && count > 0);

  async function reseal(): Promise<void> {
    if (running.value) return;
    running.value = true;
    problem.value = null;
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const step = await ask(client.admin.reseal.$post({ json: cursor === undefined ? {} : { cursor } }));
      if (!step.ok) {
        problem.value = step.problem;
        break;
      }
      const { total, left, next_cursor } = step.value;
      progress.value = { resealed: total.resealed, notResealed: total.not_resealed, left };
      cursor = next_cursor;
    }
    running.value = false;
    void reading.refresh();
  }

  return (
    <section class="panel" aria-labelledby="seals-title">
      <div class="heading">
        <h2 id="seals-title">{words.seals}</h2>
        {older && (
          <button type="button" aria-disabled={running.value} onClick={() => void reseal()}>
            {running.value ? words.sealing : words.seal}
          </button>
        )}
      </div>
      <p class="soft">{words.sealsWhat}</p>
      <Trouble problem={problem.value ?? reading.problem.value} onRetry={reading.refresh} />
      {read === null && reading.problem.value === null && <Skeleton rows={1} />}
      {read && (
        <div class="line">
          {counts
            .filter(({ state, count }) => count > 0 || state === "newest")
            .map(({ state, count }) => (
              <Badge key={state} tone={TONES[state]}>
                {words.sealed[state](format.count(count))}
              </Badge>
            ))}
        </div>
      )}
      {progress.value && <Steps {...progress.value} />}
    </section>
  );
}

function Steps({ resealed, notResealed, left }: Progress) {
  const done = resealed + notResealed;
  return (
    <div role="status">
      <Meter share={done + left === 0 ? 1 : done / (done + left)} label={words.seals}>
        <span>{words.resealed(format.count(resealed))}</span>
        {notResealed > 0 && <span class="tone-bad">{words.notResealed(format.count(notResealed))}</span>}
      </Meter>
    </div>
  );
}
