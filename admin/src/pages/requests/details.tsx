/** All that the log knows of one request: its result, its cost, where it went, and how long each part took. */
import type { ComponentChildren } from "preact";
import { type AdminClient, ask } from "../../api.ts";
import { useReading } from "../../list/reading.ts";
import { format, strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import { Cost, type Names } from "./columns.tsx";
import { outcomeFace } from "./outcome.ts";
import type { RequestRow } from "./requests.ts";
import { Waterfall } from "./waterfall.tsx";
import { words } from "./words.ts";

interface Props {
  row: RequestRow;
  names: Names;
  client: AdminClient;
  router: Router;
  /** Milliseconds since the epoch. */
  now: number;
}

const LINES = [
  ["input_tokens", words.inputLong],
  ["cache_read_tokens", words.cacheRead],
  ["cache_write_5m_tokens", words.cacheWrite5m],
  ["cache_write_1h_tokens", words.cacheWrite1h],
  ["output_tokens", words.outputLong],
] as const;

/** The amount of one line of the bill. */
function Share({ of }: { of: string | undefined }) {
  return (
    <span class="soft" title={of && words.sharedOut}>
      {of === undefined || Number(of) === 0 ? "" : format.usd(of)}
    </span>
  );
}

export function RequestDetails({ row, names, router, now, client }: Props) {
  const detail = useReading(row.id, (signal) =>
    ask(client.admin.requests[":id"].$get({ param: { id: row.id } }, { init: { signal } })),
  );
  const lines = detail.value.value?.cost_lines_usd;
  const { text, tone } = outcomeFace(row.outcome, row.status);
  const protocols = [row.protocol, row.upstream_protocol].filter((name, at, all) => name && all.indexOf(name) === at);
  const named = new Map(detail.value.value?.attempts.map((attempt) => [attempt.account_id, attempt.account_name]));
  const nameOf = (id: string) =>
    (id === row.account_id ? row.account_name : null) ?? named.get(id) ?? names.accounts.get(id) ?? id;
  const filtered = (name: string, value: string) => router.href(`/requests?${new URLSearchParams({ [name]: value })}`);
  return (
    <>
      <div class="line">
        <Badge tone={tone}>{`${row.status} · ${text}`}</Badge>
        <span class="soft">{format.ago(row.time, now)}</span>
      </div>

      <section class="stack" aria-labelledby="request-way">
        <h3 id="request-way">{words.way}</h3>
        {row.attempts.length === 0 ? (
          <p class="soft">{words.noAttempt}</p>
        ) : (
          <Waterfall attempts={row.attempts} nameOf={nameOf} />
        )}
        <dl class="facts">
          <Fact name={words.ttftLong}>{format.duration(row.ttft_ms)}</Fact>
          <Fact name={words.duration}>{format.duration(row.duration_ms)}</Fact>
        </dl>
      </section>

      <section class="stack" aria-labelledby="request-tokens">
        <h3 id="request-tokens">{words.tokens}</h3>
        <dl class="facts sums">
          {LINES.map(([name, label]) => (
            <Fact key={name} name={label}>
              <span>{format.count(row[name])}</span>
              <Share of={lines?.[name]} />
            </Fact>
          ))}
          {lines && Number(lines.other) > 0 && (
            <Fact name={words.otherCost}>
              <Share of={lines.other} />
            </Fact>
          )}
          <Fact name={words.cost}>
            <Cost row={row} />
          </Fact>
        </dl>
        {row.estimated && <p class="note small">{words.estimatedWhy}</p>}
        {row.unpriced && (
          <p class="note small">
            {words.unpricedWhy}{" "}
            <a href={router.href(pathTo("/prices/:model", { model: row.model }))}>{words.setPrice}</a>
          </p>
        )}
      </section>

      <section class="stack" aria-labelledby="request-facts">
        <h3 id="request-facts">{words.details}</h3>
        <dl class="facts">
          <Fact name={words.time}>{format.moment(row.time)}</Fact>
          <Fact name={words.key}>
            <a href={filtered("key_id", row.key_id)}>{row.key_name ?? names.keys.get(row.key_id) ?? row.key_id}</a>
          </Fact>
          <Fact name={words.account}>
            {row.account_id === null ? (
              strings.units.none
            ) : (
              <a href={filtered("account_id", row.account_id)}>{nameOf(row.account_id)}</a>
            )}
          </Fact>
          <Fact name={words.model}>
            <a class="mono" href={filtered("model", row.model)}>
              {row.model}
            </a>
          </Fact>
          {row.served_model !== null && row.served_model !== row.model && (
            <Fact name={words.servedModel}>
              <span class="mono">{row.served_model}</span>
            </Fact>
          )}
          <Fact name={words.client}>
            {!row.client || row.client === UNKNOWN_CLIENT ? (
              strings.units.none
            ) : (
              <a class="mono" href={filtered("client", row.client)}>
                {row.client}
              </a>
            )}
          </Fact>
          {row.session_id !== null && (
            <Fact name={words.session}>
              <a class="mono" href={filtered("session_id", row.session_id)}>
                {row.session_id}
              </a>
            </Fact>
          )}
          {row.agent_id !== null && (
            <Fact name={words.agent}>
              <a class="mono" href={filtered("agent_id", row.agent_id)}>
                {row.agent_id}
              </a>
            </Fact>
          )}
          <Fact name={words.protocol}>
            <span class="mono">{protocols.join(" → ")}</span>, {row.stream ? words.streamed : words.notStreamed}
          </Fact>
          <Fact name={words.id}>
            <span class="mono">{row.id}</span> <CopyButton text={row.id} what={words.id} />
          </Fact>
        </dl>
      </section>
    </>
  );
}

/** The relay's word for a client that it does not recognise. */
const UNKNOWN_CLIENT = "unknown";

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
