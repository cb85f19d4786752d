/** A test of an account: a small real request under each of its keys, step by step as the relay takes them. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { AdminClient } from "../../api.ts";
import { format } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import type { Account } from "../accounts/accounts.ts";
import { words as accountsWords } from "../accounts/words.ts";
import { type CheckProgress, readCheck } from "./check-stream.ts";

const words = accountsWords.page;

interface Props {
  account: Account;
  client: AdminClient;
  onDone: () => void;
}

export function AccountCheck({ account, client, onDone }: Props) {
  const progress = useSignal<CheckProgress | null>(null);
  const problem = useSignal<Problem | null>(null);
  const running = useSignal(false);
  const left = useRef(new AbortController());
  useEffect(() => () => left.current.abort(), []);

  async function run(): Promise<void> {
    if (running.value) return;
    running.value = true;
    problem.value = null;
    progress.value = { step: null, results: [] };
    const { signal } = left.current;
    const sent = client.admin.accounts[":id"].test.$post(
      { param: { id: account.id }, query: {}, json: {} },
      { init: { signal } },
    );
    const failed = await readCheck(sent, (seen) => {
      progress.value = seen;
    });
    if (signal.aborted) return;
    problem.value = failed;
    running.value = false;
    onDone();
  }

  const seen = progress.value;
  return (
    <section class="panel" aria-labelledby="check-title">
      <div class="heading">
        <h2 id="check-title">{words.check}</h2>
        <button type="button" aria-disabled={running.value} onClick={() => void run()}>
          <Icon name="flask-conical" />
          {running.value ? words.checking : words.checkNow}
        </button>
      </div>
      <Trouble problem={problem.value} />
      {seen === null && <p class="soft">{words.checkWhat}</p>}
      <div class="checks" aria-live="polite">
        {seen?.results.map((result) => (
          <div key={result.key.position} class="stack">
            <div class="line">
              <Badge tone={result.ok ? "ok" : "bad"}>{result.ok ? words.checkOk : words.checkFailed}</Badge>
              <span class="mono small">{result.key.hint}</span>
              {result.ttft_ms !== null && <span class="soft small">{format.duration(result.total_ms)}</span>}
            </div>
            <p>{result.diagnosis}</p>
            {result.upstream_message !== null && <pre>{result.upstream_message}</pre>}
          </div>
        ))}
        {running.value && seen?.step && <p class="soft small">{seen.step}</p>}
      </div>
    </section>
  );
}
