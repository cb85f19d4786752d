/** All that the log knows of one request. */
import { format, strings } from "../../locale/strings.ts";
import type { RequestRow } from "./requests.ts";

const words = strings.requests;

interface Props {
  row: RequestRow;
  accountNames: ReadonlyMap<string, string>;
}

export function RequestDetails({ row, accountNames }: Props) {
  const account = (id: string) => accountNames.get(id) ?? id;
  const protocols = [row.protocol, row.upstream_protocol].filter((name, at, all) => name && all.indexOf(name) === at);
  return (
    <dl class="facts">
      <dt>{words.id}</dt>
      <dd class="mono">{row.id}</dd>
      <dt>{words.account}</dt>
      <dd>{row.account_id === null ? strings.units.none : account(row.account_id)}</dd>
      <dt>{words.client}</dt>
      <dd>{row.client || strings.units.none}</dd>
      {row.session_id !== null && (
        <>
          <dt>{words.session}</dt>
          <dd class="mono">{row.session_id}</dd>
        </>
      )}
      {row.agent_id !== null && (
        <>
          <dt>{words.agent}</dt>
          <dd class="mono">{row.agent_id}</dd>
        </>
      )}
      {row.served_model !== null && row.served_model !== row.model && (
        <>
          <dt>{words.servedModel}</dt>
          <dd class="mono">{row.served_model}</dd>
        </>
      )}
      <dt>{words.protocol}</dt>
      <dd>
        {protocols.join(" → ")}, {row.stream ? words.streamed : words.notStreamed}
      </dd>
      <dt>{words.cacheRead}</dt>
      <dd>{format.count(row.cache_read_tokens)}</dd>
      <dt>{words.cacheWrite}</dt>
      <dd>
        {format.count(row.cache_write_5m_tokens)} / {format.count(row.cache_write_1h_tokens)}
      </dd>
      {row.attempts.length > 0 && (
        <>
          <dt>{words.attempts}</dt>
          <dd>
            <ul>
              {row.attempts.map((attempt, at) => (
                <li key={at}>
                  {words.attempt(
                    account(attempt.account_id),
                    attempt.error ?? (attempt.status === 0 ? words.noAnswer : String(attempt.status)),
                    format.duration(attempt.ms),
                  )}
                </li>
              ))}
            </ul>
          </dd>
        </>
      )}
    </dl>
  );
}
