/** Models without a known price: how much they were used, and a price for one of them. */
import { useMemo } from "preact/hooks";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { ListPage } from "../../list/list-page.tsx";
import type { Column } from "../../list/table.tsx";
import { format } from "../../locale/strings.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Empty } from "../../parts/empty.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { PRICE_FIELDS } from "./price-form.ts";
import type { Prices, Unpriced } from "./prices.ts";
import { words } from "./words.ts";

export function PricesPage({ data, router, match }: PageProps) {
  const { prices, notice } = data;
  const { model } = match.params;

  function leaveForm(): void {
    router.go("/prices");
  }

  return (
    <ListPage
      title={words.title}
      about={words.about}
      router={router}
      list={prices}
      filters={{}}
      empty={<Empty icon="circle-check" title={words.emptyTitle} text={words.empty} />}
      table={{
        caption: words.caption,
        columns: COLUMNS,
        idOf: (row) => row.model,
        actions: {
          nameOf: (row) => row.model,
          of: (row) => [
            { label: words.set, icon: "pencil", href: router.href(pathTo("/prices/:model", { model: row.model })) },
          ],
        },
        notice,
      }}
    >
      {model !== undefined && (
        <Drawer key={model} title={model} onClose={leaveForm}>
          <PriceForm
            model={model}
            prices={prices}
            router={router}
            onSet={() => {
              leaveForm();
              notice.value = { text: words.wasSet(model) };
            }}
            onCancel={leaveForm}
          />
        </Drawer>
      )}
    </ListPage>
  );
}

const COLUMNS: readonly Column<Unpriced>[] = [
  {
    name: "model",
    head: words.model,
    kind: "wide",
    cell: (row) => (
      <span class="name mono cut" title={row.model}>
        {row.model}
      </span>
    ),
  },
  {
    name: "requests",
    head: words.requests,
    kind: "number",
    label: words.requests,
    cell: (row) => format.count(row.requests),
  },
  {
    name: "tokens",
    head: words.tokens,
    long: words.tokensLong,
    kind: "number",
    label: words.tokens,
    cell: (row) => format.count(row.tokens),
  },
  {
    name: "used",
    head: words.lastUsed,
    kind: "still",
    label: words.lastUsed,
    cell: (row) => format.date(row.last_used_at),
  },
];

interface FormProps extends Pick<PageProps, "router"> {
  model: string;
  prices: Prices;
  onSet: () => void;
  onCancel: () => void;
}

function PriceForm({ model, prices, router, onSet, onCancel }: FormProps) {
  const form = useMemo(() => createForm(PRICE_FIELDS, (rates) => prices.set(model, rates)), [prices, model]);
  return (
    <FormView
      id="price"
      form={form}
      submit={words.set}
      sending={words.setting}
      onDone={onSet}
      onCancel={onCancel}
      router={router}
    />
  );
}
