/** One request: its line in the table, and the details beneath it when opened. */
import { useSignal } from "@preact/signals";
import { strings } from "../../locale/en.ts";
import { formatCount, formatDate, formatDuration, formatTime } from "../../locale/format.ts";
import { outcomeFace } from "./outcome.ts";
import type { RequestRow } from "./requests.ts";

const words = strings.requests;

interface Props {
  row: RequestRow;
  /** Milliseconds since the epoch. */
  now: number;
  keyName: string | null;
  nameOfAccount: ReadonlyMap<string, string>;
  fresh: boolean;
}

export function RequestRows({ row, now, keyName, nameOfAccount, fresh }: Props) {
  const open = useSignal(false);
  const time = formatTime(row.time, now);
  const outcome = outcomeFace(row.outcome, row.status);
  const cache = row.cache_read_tokens + row.cache_write_5m_tokens + row.cache_write_1h_tokens;
  const detailsId = `details-${row.id}`;

  return (
    <tbody>
      <tr class={fresh ? "fresh" : undefined} data-request={row.id}>
        <td class="still at-time">
          <time dateTime={row.time} title={formatDate(row.time)}>
            {time}
          </time>
        </td>
        <td class="at-key">{keyName ?? <span class="mono soft">{row.key_id.slice(0, 8)}</span>}</td>
        <td class="at-model mono">{row.model}</td>
        <td class={`number at-status ${row.status < 400 ? "" : "tone-bad"}`}>{row.status}</td>
        <td class="number at-in" data-label={words.input}>
          {formatCount(row.input_tokens)}
        </td>
        <td class="number at-cache" data-label={words.cache}>
          {formatCount(cache)}
        </td>
        <td class="number at-out" data-label={words.output}>
          {row.estimated && (
            <abbr title={words.estimatedWhy} aria-label={words.estimated}>
              ~
            </abbr>
          )}
          {formatCount(row.output_tokens)}
        </td>
        <td class="number at-ttft" data-label={words.ttft}>
          {formatDuration(row.ttft_ms)}
        </td>
        <td class="number at-duration" data-label={words.duration}>
          {formatDuration(row.duration_ms)}
        </td>
        <td class="still at-outcome">
          <span class={`dot tone-${outcome.tone}`}>{outcome.text}</span>
        </td>
        <td class="at-toggle">
          <button
            type="button"
            class="quiet toggle"
            aria-expanded={open.value}
            aria-controls={open.value ? detailsId : undefined}
            aria-label={words.detailsOf(time)}
            onClick={() => {
              open.value = !open.value;
            }}
          />
        </td>
      </tr>
      {open.value && (
        <tr class="more" id={detailsId}>
          <td colSpan={11}>
            <Details row={row} nameOfAccount={nameOfAccount} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

function Details({ row, nameOfAccount }: { row: RequestRow; nameOfAccount: ReadonlyMap<string, string> }) {
  const account = (id: string) => nameOfAccount.get(id) ?? id;
  const protocols = [row.protocol, row.upstream_protocol].filter((name, at, all) => name && all.indexOf(name) === at);
  return (
    <dl class="facts">
      <dt>{words.id}</dt>
      <dd class="mono">{row.id}</dd>
      <dt>{words.account}</dt>
      <dd>{row.account_id === null ? strings.none : account(row.account_id)}</dd>
      <dt>{words.client}</dt>
      <dd>{row.client || strings.none}</dd>
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
      <dt>{words.protocol}</dt>
      <dd>
        {protocols.join(" → ")}, {row.stream ? words.streamed : words.notStreamed}
      </dd>
      <dt>{words.cacheRead}</dt>
      <dd>{formatCount(row.cache_read_tokens)}</dd>
      <dt>{words.cacheWrite}</dt>
      <dd>
        {formatCount(row.cache_write_5m_tokens)} / {formatCount(row.cache_write_1h_tokens)}
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
                    formatDuration(attempt.ms),
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
