/** The price of every model, where it comes from, and prices set by hand. Models without a price come first. */
import { useMemo } from "preact/hooks";
import { ListPage } from "../../list/list-page.tsx";
import type { RowAction } from "../../list/row-actions.tsx";
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Empty } from "../../parts/empty.tsx";
import { lazy } from "../../router/lazy.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { Feed } from "./feed.tsx";
import { PRICE_FILTERS } from "./filters.ts";
import "./prices.css";
import { createPrices, inputOf, type Price, type Prices } from "./prices.ts";
import { Without } from "./without.tsx";
import { words } from "./words.ts";

/** Fetched when it is first needed. */
const PriceDrawer = lazy(() => import("./price-drawer.tsx").then((part) => part.PriceDrawer));

export function PricesPage({ data, router, match }: PageProps) {
  const { client, notice } = data;
  const prices = useMemo(() => createPrices(client), [client]);
  const { model } = match.params;
  const pathOf = (of: string) => pathTo("/prices/:model", { model: of }) + router.search.value;
  const leave = () => router.go(`/prices${router.search.value}`);

  return (
    <ListPage
      title={words.title}
      about={words.caption}
      router={router}
      list={prices}
      filters={PRICE_FILTERS}
      empty={<Empty icon="circle-dollar-sign" title={words.emptyTitle} text={words.empty} />}
      table={{
        class: "prices",
        caption: words.caption,
        columns: COLUMNS,
        idOf: (row) => row.model,
        open: (row) => router.go(pathOf(row.model)),
        chosen: model,
        actions: { nameOf: (row) => row.model, of: (row) => actionsOf(row, prices, router.href(pathOf(row.model))) },
        notice,
      }}
    >
      <Feed prices={prices} />
      <Without prices={prices} notice={notice} href={(of) => router.href(pathOf(of))} />
      {model !== undefined && (
        <PriceDrawer.Page
          key={model}
          model={model}
          prices={prices}
          router={router}
          onSet={() => {
            leave();
            notice.value = { text: words.wasSet(model) };
          }}
          onClose={leave}
        />
      )}
    </ListPage>
  );
}

function actionsOf(row: Price, prices: Prices, href: string): readonly RowAction[] {
  const set = { label: row.source === "override" ? strings.edit : words.override, icon: "pencil", href } as const;
  if (row.source !== "override") return [set];
  return [
    set,
    {
      label: words.takeBack,
      icon: "undo-2",
      run: () => prices.remove(row.model),
      done: words.wasTakenBack(row.model),
      undo: async () => {
        const answer = await prices.set(row.model, inputOf(row));
        return answer.ok ? null : answer.problem;
      },
    },
  ];
}

function rate(name: "input" | "output" | "cache_read" | "cache_write_5m" | "cache_write_1h"): Column<Price> {
  const { [name]: head } = words.heads;
  return {
    name,
    head,
    long: words.rates[name],
    kind: "number",
    label: head,
    cell: (row) => format.price(row[name]),
  };
}

const COLUMNS: readonly Column<Price>[] = [
  {
    name: "model",
    head: words.model,
    kind: "wide",
    cell: (row) => (
      <span class="line">
        <span class="name mono cut" title={row.model}>
          {row.model}
        </span>
        {othersOf(row).map((other) => (
          <span key={other} class="tag" title={words.otherRates}>
            {other}
          </span>
        ))}
      </span>
    ),
  },
  {
    name: "source",
    head: words.source,
    kind: "still",
    cell: ({ source }) => <span class={source === "override" ? "tag chosen" : "soft"}>{words.sources[source]}</span>,
  },
  ...(["input", "output", "cache_read", "cache_write_5m", "cache_write_1h"] as const).map(rate),
];

/** The other rates of the price. */
function othersOf({ tiers, fast, priority }: Price): string[] {
  return [
    ...tiers.map(({ above_tokens }) => words.above(format.short(above_tokens))),
    ...(fast ? [words.fast] : []),
    ...(priority ? [words.priority] : []),
  ];
}
