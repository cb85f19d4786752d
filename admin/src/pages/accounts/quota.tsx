/** How much of a provider's own limits an account has used, as a ring for each window. */

import { format } from "../../locale/strings.ts";
import { Ring } from "../../parts/ring.tsx";
import type { Account } from "./accounts.ts";
import { words as accountsWords } from "./words.ts";

const words = accountsWords.quota;

interface Props {
  quota: Account["provider_quota"];
  /** Milliseconds since the epoch. */
  now: number;
  /** Shows only this many windows, those with the most use; default: all of them. */
  most?: number;
}

export function QuotaRings({ quota, now, most }: Props) {
  const known = (quota?.windows ?? []).flatMap((window) =>
    window.used === null ? [] : [{ ...window, used: window.used }],
  );
  if (known.length === 0) return null;
  const shown = most === undefined ? known : known.toSorted((a, b) => b.used - a.used).slice(0, most);
  return (
    <ul class="quota">
      {shown.map(({ name, scope, used, resets_at, reason }) => (
        <li key={`${name} ${scope}`} title={reason ?? undefined}>
          <Ring share={used} label={name} />
          <span>
            <b>{name}</b>
            <span class="under">
              {format.share(used)}
              {resets_at !== null && (
                <span title={format.moment(resets_at)}>{` · ${words.resets(format.ago(resets_at, now))}`}</span>
              )}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
