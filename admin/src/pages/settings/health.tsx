/** The checks of the relay's health. Made on demand, because they cost a written row and object requests. */
import { useSignal } from "@preact/signals";
import type { InferResponseType } from "hono/client";
import { type AdminClient, ask } from "../../api.ts";
import { format } from "../../locale/strings.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { words } from "./words.ts";

type Health = InferResponseType<AdminClient["admin"]["health"]["$get"], 200>;

const TONES: Record<Health["status"], Tone> = { ok: "ok", warn: "warn", failed: "bad" };

export function HealthChecks({ client }: { client: AdminClient }) {
  const health = useSignal<Health | null>(null);
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);

  async function look(): Promise<void> {
    busy.value = true;
    const answer = await ask(client.admin.health.$get());
    busy.value = false;
    problem.value = answer.ok ? null : answer.problem;
    if (answer.ok) health.value = answer.value;
  }

  return (
    <section class="panel" aria-labelledby="health-title">
      <h2 id="health-title">{words.health}</h2>
      <Trouble problem={problem.value} />
      <p>{words.healthWhat}</p>
      {health.value && (
        <dl class="facts" aria-live="polite">
          {health.value.checks.map(({ name, status }) => (
            <div key={name}>
              <dt>{words.checks[name].name}</dt>
              <dd>
                <Badge tone={TONES[status]}>{words.checkStates[status]}</Badge>
                {status !== "ok" && <span> {words.checks[name].why}</span>}
              </dd>
            </div>
          ))}
          {health.value.backup && (
            <div>
              <dt>{words.lastBackup}</dt>
              <dd>
                <Backup backup={health.value.backup} />
              </dd>
            </div>
          )}
          {health.value.ledger && (
            <div>
              <dt>{words.waiting}</dt>
              <dd>{words.waitingOf(String(health.value.ledger.waiting), String(health.value.ledger.in_flight))}</dd>
            </div>
          )}
        </dl>
      )}
      <button type="button" disabled={busy.value} onClick={() => void look()}>
        {busy.value ? words.looking : words.lookNow}
      </button>
    </section>
  );
}

function Backup({ backup: { last, under_way_since, failure } }: { backup: NonNullable<Health["backup"]> }) {
  return (
    <>
      {last
        ? words.backupOf(format.date(last.ended_at), `${format.short(Math.ceil(last.bytes / 1_000))} kB`)
        : words.noBackup}
      {under_way_since !== null && ` · ${words.backupSince(format.date(under_way_since))}`}
      {failure && (
        <p class="soft">
          {words.backupFailed(format.date(failure.at))} <span lang="en">{failure.why}</span>
        </p>
      )}
    </>
  );
}
