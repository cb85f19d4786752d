/** What the request log says of each request in its line. */
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { outcomeFace } from "./outcome.ts";
import type { RequestRow } from "./requests.ts";

const words = strings.requests;

/** `now` in milliseconds since the epoch. */
export function timeOf(row: RequestRow, now: number): string {
  return format.time(row.time, now);
}

export function columnsOf(keyNames: ReadonlyMap<string, string>, now: number): readonly Column<RequestRow>[] {
  return [
    {
      name: "time",
      head: words.time,
      kind: "still",
      cell: (row) => (
        <time dateTime={row.time} title={format.date(row.time)}>
          {timeOf(row, now)}
        </time>
      ),
    },
    {
      name: "key",
      head: words.key,
      cell: (row) => {
        const name = keyNames.get(row.key_id);
        if (name === undefined) return <span class="mono soft">{row.key_id.slice(0, 8)}</span>;
        return (
          <span class="cut" title={name}>
            {name}
          </span>
        );
      },
    },
    {
      name: "model",
      head: words.model,
      cell: (row) => (
        <span class="cut mono" title={row.model}>
          {row.model}
        </span>
      ),
    },
    {
      name: "status",
      head: words.status,
      kind: "number",
      cell: (row) => <span class={row.status < 400 ? undefined : "tone-bad"}>{row.status}</span>,
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
    figure("ttft", words.ttft, words.ttftLong, (row) => format.duration(row.ttft_ms)),
    {
      name: "duration",
      head: words.duration,
      kind: "number",
      label: words.duration,
      cell: (row) => format.duration(row.duration_ms),
    },
    {
      name: "outcome",
      head: words.outcome,
      kind: "still",
      cell: (row) => {
        const { text, tone } = outcomeFace(row.outcome, row.status);
        return <span class={`dot tone-${tone}`}>{text}</span>;
      },
    },
  ];
}

function figure(name: string, head: string, long: string, cell: Column<RequestRow>["cell"]): Column<RequestRow> {
  return { name, head, long, kind: "number", label: head, cell };
}
