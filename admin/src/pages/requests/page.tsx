/** The request log, live while it is on screen. Reads; changes nothing. */
import { useEffect } from "preact/hooks";
import type { Console } from "../../console.ts";
import { strings } from "../../locale/en.ts";
import { Trouble } from "../../parts/trouble.tsx";
import { RequestRows } from "./request-rows.tsx";
import type { Requests } from "./requests.ts";
import { StartHere } from "./start-here.tsx";

const words = strings.requests;

export function RequestsPage({ data }: { data: Console }) {
  const { requests, accounts, keys } = data;
  useEffect(() => requests.start(), [requests]);

  const { items, nextCursor } = requests.page.value;
  const nameOfKey = new Map(keys.rows.value.map((key) => [key.id, key.name]));
  const nameOfAccount = new Map(accounts.rows.value.map((account) => [account.id, account.name]));
  const now = Date.now();

  return (
    <>
      <div class="heading">
        <h1>{words.title}</h1>
        {items.length > 0 && <LiveSwitch requests={requests} />}
      </div>
      <Trouble problem={requests.problem.value} />
      {!requests.loaded.value && requests.problem.value === null && <p class="soft">{strings.loading}</p>}
      {requests.loaded.value && items.length === 0 && <StartHere data={data} />}
      {items.length > 0 && (
        <div class="table requests">
          <table>
            <caption class="unseen">{words.caption}</caption>
            <thead>
              <tr>
                <th scope="col">{words.time}</th>
                <th scope="col">{words.key}</th>
                <th scope="col">{words.model}</th>
                <th scope="col" class="number">
                  {words.status}
                </th>
                <Abbreviated short={words.input} long={words.inputLong} />
                <Abbreviated short={words.cache} long={words.cacheLong} />
                <Abbreviated short={words.output} long={words.outputLong} />
                <Abbreviated short={words.ttft} long={words.ttftLong} />
                <th scope="col" class="number">
                  {words.duration}
                </th>
                <th scope="col">{words.outcome}</th>
                <th scope="col">
                  <span class="unseen">{words.details}</span>
                </th>
              </tr>
            </thead>
            {items.map((row) => (
              <RequestRows
                key={row.id}
                row={row}
                now={now}
                keyName={nameOfKey.get(row.key_id) ?? null}
                nameOfAccount={nameOfAccount}
                fresh={requests.fresh.value.has(row.id)}
              />
            ))}
          </table>
        </div>
      )}
      {nextCursor !== null && (
        <div class="actions">
          <button type="button" onClick={() => void requests.loadOlder()}>
            {strings.loadOlder}
          </button>
        </div>
      )}
    </>
  );
}

function Abbreviated({ short, long }: { short: string; long: string }) {
  return (
    <th scope="col" class="number">
      <abbr title={long} aria-label={long}>
        {short}
      </abbr>
    </th>
  );
}

function LiveSwitch({ requests }: { requests: Requests }) {
  const paused = requests.paused.value;
  const live = !paused && requests.problem.value === null;
  const text = live ? words.live : paused ? words.paused : words.stale;
  return (
    <div class="actions">
      <span class={`live dot ${live ? "on" : ""}`}>{text}</span>
      <button type="button" class="quiet" onClick={() => requests.setPaused(!paused)}>
        {paused ? words.resume : words.pause}
      </button>
    </div>
  );
}
