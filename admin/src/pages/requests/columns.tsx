/** The columns of the request log. */
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Time } from "../../parts/time.tsx";
import { outcomeFace } from "./outcome.ts";
import type { RequestRow } from "./requests.ts";
import { words } from "./words.ts";

export interface Names {
  keys: ReadonlyMap<string, string>;
  accounts: ReadonlyMap<string, string>;
}

/** `now` in milliseconds since the epoch; `href`: the address of one request. */
export function columnsOf(names: Names, now: number, href: (row: RequestRow) => string): readonly Column<RequestRow>[] {
  return [
    {
      name: "time",
      head: words.time,
      kind: "still",
      cell: (row) => (
        <a class="name" href={href(row)} aria-label={words.detailsOf(format.time(row.time, now))}>
          <Time iso={row.time} now={now} as="short" />
        </a>
      ),
    },
    {
      name: "outcome",
      head: words.outcome,
      kind: "still",
      cell: (row) => {
        const { text, tone } = outcomeFace(row.outcome, row.status);
        return (
          <Badge tone={tone} quiet={tone === "ok"} why={`${text}, ${words.statusIs(String(row.status))}`}>
            <span class="cut">{tone === "ok" ? text : `${row.status} · ${text}`}</span>
          </Badge>
        );
      },
    },
    {
      name: "key",
      head: words.key,
      kind: "yields",
      cell: (row) => <Named id={row.key_id} name={row.key_name ?? names.keys.get(row.key_id)} />,
    },
    {
      name: "model",
      head: words.model,
      kind: "yields",
      cell: (row) => (
        <span class="cut mono" title={row.model}>
          {row.model}
        </span>
      ),
    },
    {
      name: "account",
      head: words.account,
      kind: "yields",
      cell: (row) =>
        row.account_id === null ? (
          strings.units.none
        ) : (
          <Named id={row.account_id} name={row.account_name ?? names.accounts.get(row.account_id)} />
        ),
    },
    figure("in", words.input, words.inputLong, (row) => format.count(row.input_tokens)),
    figure("cache", words.cache, words.cacheLong, (row) =>
      format.count(row.cache_read_tokens + row.cache_write_5m_tokens + row.cache_write_1h_tokens),
    ),
    figure("out", words.output, words.outputLong, (row) => (
      <>
        {row.estimated && (
          <abbr title={words.estimatedWhy} aria-label={words.estimated}>
            ~
          </abbr>
        )}
        {format.count(row.output_tokens)}
      </>
    )),
    figure("cost", words.cost, words.costLong, (row) => <Cost row={row} />),
    figure("ttft", words.ttft, words.ttftLong, (row) => format.duration(row.ttft_ms)),
    {
      name: "duration",
      head: words.duration,
      kind: "number",
      label: words.duration,
      cell: (row) => format.duration(row.duration_ms),
    },
  ];
}

/** Its cost; for a model without a known price, what is charged provisionally. */
export function Cost({ row }: { row: Pick<RequestRow, "cost_usd" | "unpriced"> }) {
  if (!row.unpriced) return <span title={`${row.cost_usd} USD`}>{format.usd(row.cost_usd)}</span>;
  return (
    <abbr class="tone-warn" title={words.unpricedWhy}>
      {words.unpriced}
    </abbr>
  );
}

/** Its name, or the beginning of its id if the name is unknown. */
function Named({ id, name }: { id: string; name: string | undefined }) {
  if (name === undefined) return <span class="mono soft">{id.slice(0, 8)}</span>;
  return (
    <span class="cut" title={name}>
      {name}
    </span>
  );
}

function figure(name: string, head: string, long: string, cell: Column<RequestRow>["cell"]): Column<RequestRow> {
  return { name, head, long, kind: "number", label: head, cell };
}
