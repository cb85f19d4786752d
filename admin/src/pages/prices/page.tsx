/** Models without a known price: how much they were used, and a price for each. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Console } from "../../console.ts";
import { strings } from "../../locale/en.ts";
import { Field } from "../../parts/field.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import type { Unpriced } from "./prices.ts";

const words = strings.prices;
const AMOUNT = /^\d+(?:\.\d{1,9})?$/;

export function PricesPage({ data }: { data: Console }) {
  const { prices } = data;
  useEffect(() => void prices.load(), [prices]);
  const rows = prices.unpriced.value;

  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{words.title}</h1>
      </div>
      <p class="soft">{words.about}</p>
      <Trouble problem={prices.problem.value} onRetry={prices.load} />
      {!prices.loaded.value && prices.problem.value === null && <p class="soft">{strings.loading}</p>}
      {prices.loaded.value && rows.length === 0 && (
        <div class="empty">
          <h2>{words.emptyTitle}</h2>
          <p>{words.empty}</p>
        </div>
      )}
      {rows.map((row) => (
        <PriceForm key={row.model} row={row} data={data} />
      ))}
    </>
  );
}

function PriceForm({ row, data }: { row: Unpriced; data: Console }) {
  const input = useSignal("");
  const output = useSignal("");
  const tried = useSignal(false);
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const errorOf = (value: string) => (tried.value && !AMOUNT.test(value.trim()) ? words.amount : undefined);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    tried.value = true;
    if (busy.value || ![input, output].every(({ value }) => AMOUNT.test(value.trim()))) return;
    busy.value = true;
    problem.value = await data.prices.set(row.model, input.value.trim(), output.value.trim());
    busy.value = false;
    if (problem.value === null) data.notice.value = words.wasSet(row.model);
  }

  return (
    <form class="panel" onSubmit={submit} noValidate>
      <h2>{row.model}</h2>
      <p class="soft">{words.used(row.requests, row.tokens)}</p>
      <Field
        id={`input-${row.model}`}
        label={words.input}
        value={input}
        error={errorOf(input.value)}
        autocomplete="off"
      />
      <Field
        id={`output-${row.model}`}
        label={words.output}
        value={output}
        error={errorOf(output.value)}
        autocomplete="off"
      />
      <Trouble problem={problem.value} />
      <button type="submit" class="main" disabled={busy.value}>
        {busy.value ? words.setting : words.set}
      </button>
    </form>
  );
}
