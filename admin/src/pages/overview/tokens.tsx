/** The tokens of the range by kind. */
import { format } from "../../locale/strings.ts";
import type { Overview } from "./overview.ts";
import { words } from "./words.ts";

const KINDS = [
  "input_tokens",
  "cache_read_tokens",
  "cache_write_5m_tokens",
  "cache_write_1h_tokens",
  "output_tokens",
] as const;

export function Tokens({ totals, cache }: Pick<Overview, "totals" | "cache">) {
  const all = KINDS.reduce((sum, kind) => sum + totals[kind], 0);
  let from = 0;
  return (
    <section class="panel" aria-labelledby="tokens-title">
      <div class="heading">
        <h2 id="tokens-title">{words.tokens}</h2>
        <b class="figure" title={format.count(all)}>
          {format.short(all)}
        </b>
      </div>
      <svg class="split" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class="none" width="100" height="10" />
        {KINDS.map((kind, at) => {
          const x = from;
          from += all === 0 ? 0 : (totals[kind] / all) * 100;
          return <rect key={kind} class={`chart-${at + 1}`} x={x} width={from - x} height="10" />;
        })}
      </svg>
      <dl class="shares">
        {KINDS.map((kind, at) => (
          <div key={kind}>
            <dt>
              <span class={`swatch chart-${at + 1}`} />
              {words.kinds[kind]}
            </dt>
            <dd class="figure">
              {format.count(totals[kind])} <span class="soft">{format.share(all === 0 ? 0 : totals[kind] / all)}</span>
            </dd>
          </div>
        ))}
      </dl>
      {cache.share !== null && cache.share > 0 && (
        <p class="soft small">{words.saved(format.share(cache.share), format.usd(cache.saved_usd))}</p>
      )}
    </section>
  );
}
