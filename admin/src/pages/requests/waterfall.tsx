/** The attempts of one request, one below the other, with lengths in proportion to their durations. */
import { format, strings } from "../../locale/strings.ts";
import type { RequestRow } from "./requests.ts";

interface Props {
  attempts: RequestRow["attempts"];
  nameOf: (accountId: string) => string;
}

export function Waterfall({ attempts, nameOf }: Props) {
  const all = attempts.reduce((sum, { ms }) => sum + ms, 0) || 1;
  let before = 0;
  return (
    <ol class="waterfall">
      {attempts.map((attempt, at) => {
        const from = before;
        before += attempt.ms;
        const good = attempt.status >= 200 && attempt.status < 400 && attempt.error === null;
        const said = attempt.error ?? (attempt.status === 0 ? strings.units.noAnswer : String(attempt.status));
        return (
          <li key={at}>
            <span class="cut" title={nameOf(attempt.account_id)}>
              {nameOf(attempt.account_id)}
            </span>
            <span class={good ? "tone-ok" : "tone-bad"}>{said}</span>
            <span class="figure">{format.duration(attempt.ms)}</span>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect class="track" width="100" height="4" />
              <rect
                class={good ? "good" : "bad"}
                x={(from / all) * 100}
                width={Math.max(1, (attempt.ms / all) * 100)}
                height="4"
              />
            </svg>
          </li>
        );
      })}
    </ol>
  );
}
