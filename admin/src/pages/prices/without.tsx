/** Models that were used without a known price, above all others: what each was used for, and a price for it by one click. */
import { type Signal, useSignal } from "@preact/signals";
import { Table } from "../../list/table.tsx";
import { format } from "../../locale/strings.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Notice } from "../../parts/toasts.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import type { Prices, Unpriced } from "./prices.ts";
import { words } from "./words.ts";

interface Props {
  prices: Prices;
  notice: Signal<Notice | null>;
  /** Where another price can be entered. */
  href: (model: string) => string;
}

export function Without({ prices, notice, href }: Props) {
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal<string | null>(null);
  const rows = prices.unpriced.value ?? [];
  if (rows.length === 0) return null;

  async function take({ model, suggestion }: Unpriced): Promise<void> {
    if (busy.value !== null || suggestion === null) return;
    busy.value = model;
    problem.value = await prices.copy(model, suggestion.model);
    busy.value = null;
    if (problem.value === null) notice.value = { text: words.wasSet(model), undo: () => prices.remove(model) };
  }

  return (
    <section class="panel" aria-labelledby="without-title">
      <h2 id="without-title">
        {words.without} <span class="soft">{format.count(rows.length)}</span>
      </h2>
      <p class="soft small">{words.withoutWhat}</p>
      <Trouble problem={problem.value} />
      <Table
        class="prices"
        caption={words.without}
        rows={rows}
        stale={false}
        idOf={({ model }) => model}
        notice={notice}
        columns={[
          {
            name: "model",
            head: words.model,
            kind: "wide",
            cell: ({ model }) => (
              <span class="name mono cut" title={model}>
                {model}
              </span>
            ),
          },
          {
            name: "requests",
            head: words.requests,
            kind: "number",
            label: words.requests,
            cell: ({ requests }) => format.count(requests),
          },
          {
            name: "tokens",
            head: words.tokens,
            long: words.tokensLong,
            kind: "number",
            label: words.tokens,
            cell: ({ tokens }) => format.count(tokens),
          },
          {
            name: "used",
            head: words.lastUsed,
            kind: "still",
            label: words.lastUsed,
            cell: ({ last_used_at }) => format.date(last_used_at),
          },
          {
            name: "set",
            head: <span class="unseen">{words.set}</span>,
            kind: "wide",
            cell: (row) => (
              <div class="actions">
                {row.suggestion && (
                  <button
                    type="button"
                    class="main"
                    aria-disabled={busy.value !== null}
                    title={words.asWhat(row.suggestion.model)}
                    onClick={() => void take(row)}
                  >
                    <Icon name="check" />
                    {busy.value === row.model
                      ? words.setting
                      : words.as(format.price(row.suggestion.input), format.price(row.suggestion.output))}
                  </button>
                )}
                <a class="button" href={href(row.model)} aria-label={`${words.set}: ${row.model}`}>
                  <Icon name="pencil" />
                  {words.set}
                </a>
              </div>
            ),
          },
        ]}
      />
    </section>
  );
}
