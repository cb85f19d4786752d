/** What the list says of each key. */
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Meter } from "../../parts/meter.tsx";
import { Time } from "../../parts/time.tsx";
import { tightestBudget } from "./budget.ts";
import { keyLimits, keyState } from "./key-state.ts";
import type { ApiKey } from "./keys.ts";
import { words } from "./words.ts";

/** `href`: of a key's page. */
export function columnsOf(href: (key: ApiKey) => string): readonly Column<ApiKey>[] {
  const now = Date.now();
  return [
    {
      name: "name",
      head: words.name,
      kind: "wide",
      cell: (key) => (
        <>
          <a class="name cut" href={href(key)} title={key.name}>
            {key.name}
          </a>
          <span class="under" title={key.description}>
            <span class="mono">cr_{key.hint}</span>
            {key.description !== "" && ` · ${key.description}`}
          </span>
        </>
      ),
    },
    { name: "state", head: words.state, kind: "still", cell: (key) => <KeyBadge apiKey={key} /> },
    {
      name: "owner",
      head: words.fields.owner,
      cell: (key) => (
        <span class="line">
          {key.owner !== "" && (
            <span class="cut" title={key.owner}>
              {key.owner}
            </span>
          )}
          {key.tags.map((tag) => (
            <span key={tag} class="tag" title={tag}>
              {tag}
            </span>
          ))}
        </span>
      ),
    },
    {
      name: "limits",
      head: words.limitsColumn,
      cell: (key) => {
        const limits = keyLimits(key, now, format);
        return (
          <span class="cut" title={limits}>
            {limits}
          </span>
        );
      },
    },
    { name: "budget", head: words.budget, cell: (key) => <Budget apiKey={key} /> },
    {
      name: "today",
      head: words.today,
      kind: "number",
      label: words.today,
      cell: (key) => format.usd(key.today_cost_usd),
    },
    {
      name: "total",
      head: words.total,
      kind: "number",
      label: words.total,
      cell: (key) => format.usd(key.total_cost_usd),
    },
    {
      name: "used",
      head: words.lastUsed,
      kind: "still",
      label: words.lastUsed,
      cell: (key) =>
        key.last_used_at === null ? <span class="soft">{words.never}</span> : <Time iso={key.last_used_at} now={now} />,
    },
  ];
}

/** The budget that is nearest to its end. */
function Budget({ apiKey }: { apiKey: ApiKey }) {
  const budget = tightestBudget(apiKey);
  if (budget === null) return <span class="soft">{words.noBudget}</span>;
  const said = strings.used.of(format.usd(budget.used), strings.used[budget.of](format.usd(budget.limit)));
  return (
    <div title={said}>
      <Meter share={budget.share} label={said} />
    </div>
  );
}

export function KeyBadge({ apiKey }: { apiKey: ApiKey }) {
  const { text, tone, why } = keyState(apiKey, format);
  return (
    <Badge tone={tone} why={why}>
      {text}
    </Badge>
  );
}
