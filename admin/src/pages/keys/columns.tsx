/** What the list says of each key. */
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Time } from "../../parts/time.tsx";
import { keyLimits, keyState } from "./key-state.ts";
import type { ApiKey } from "./keys.ts";

const words = strings.keys;

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
    { name: "state", head: words.state, kind: "still", cell: (key) => <KeyBadge apiKey={key} now={now} /> },
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
    { name: "limits", head: words.limitsColumn, cell: (key) => keyLimits(key, now, format) },
    {
      name: "created",
      head: words.created,
      kind: "still",
      label: words.created,
      cell: (key) => <Time iso={key.created_at} now={now} />,
    },
  ];
}

export function KeyBadge({ apiKey, now }: { apiKey: ApiKey; now: number }) {
  const { text, tone } = keyState(apiKey, now);
  return <Badge tone={tone}>{text}</Badge>;
}
