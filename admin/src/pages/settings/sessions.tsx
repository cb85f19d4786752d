/** Who is signed in to this console, and a button that ends a session. */
import { useSignal } from "@preact/signals";
import { type AdminClient, ask } from "../../api.ts";
import { useReading } from "../../list/reading.ts";
import { strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Time } from "../../parts/time.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { words } from "./words.ts";

export function Sessions({ client }: { client: AdminClient }) {
  const reading = useReading("sessions", (signal) => ask(client.admin.sessions.$get({}, { init: { signal } })));
  const problem = useSignal<Problem | null>(null);
  const open = reading.value.value?.items;
  const now = Date.now();

  async function end(id: string): Promise<void> {
    const answer = await ask(client.admin.sessions[":id"].$delete({ param: { id } }));
    problem.value = answer.ok ? null : answer.problem;
    await reading.refresh();
  }

  return (
    <section class="panel" aria-labelledby="sessions-title">
      <h2 id="sessions-title">{words.sessions}</h2>
      <Trouble problem={problem.value ?? reading.problem.value} onRetry={reading.refresh} />
      {!open && reading.problem.value === null && <Skeleton rows={2} />}
      {open && (
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">{words.who}</th>
                <th scope="col">{words.since}</th>
                <th scope="col">{words.ends}</th>
                <th scope="col">
                  <span class="unseen">{strings.list.actions}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {open.map(({ id, username, identity, created_at, expires_at, current }) => (
                <tr key={id}>
                  <td>{identity ?? username}</td>
                  <td class="still" data-label={words.since}>
                    <Time iso={created_at} now={now} />
                  </td>
                  <td class="still" data-label={words.ends}>
                    <Time iso={expires_at} now={now} />
                  </td>
                  <td class="row-actions">
                    {current ? (
                      <Badge tone="ok">{words.thisOne}</Badge>
                    ) : (
                      <button type="button" class="quiet danger" onClick={() => void end(id)}>
                        {words.end}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
