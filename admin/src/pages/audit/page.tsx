/** Who changed what, from which value to which, and from where. */
import { useMemo } from "preact/hooks";
import { ListPage } from "../../list/list-page.tsx";
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Time } from "../../parts/time.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { type AuditRow, createAudit } from "./audit.ts";
import { AUDIT_FILTERS } from "./filters.ts";
import { words } from "./words.ts";

export function AuditPage({ data, router, match }: PageProps) {
  const audit = useMemo(() => createAudit(data.client), [data.client]);
  const { id } = match.params;
  const opened = id === undefined ? undefined : audit.rows.value.find((row) => row.id === id);
  const pathOf = (row: AuditRow) => pathTo("/audit/:id", { id: row.id }) + router.search.value;
  const known = data.directory.known.value;
  const nameOf = (target: string) => known?.keyNames.get(target) ?? known?.accountNames.get(target);

  return (
    <ListPage
      title={words.title}
      router={router}
      list={audit}
      filters={AUDIT_FILTERS}
      missing={id !== undefined && !opened}
      empty={<Empty icon="scroll-text" title={words.emptyTitle} text={words.empty} />}
      filterNameOf={(filter, value) => (filter === "target" ? nameOf(value) : undefined)}
      table={{
        class: "audit",
        caption: words.title,
        columns: columnsOf(nameOf, (row) => router.href(pathOf(row))),
        idOf: (row) => row.id,
        open: (row) => router.go(pathOf(row)),
        chosen: id,
        notice: data.notice,
      }}
    >
      {opened && (
        <Drawer title={actionName(opened.action)} onClose={() => router.go(`/audit${router.search.value}`)}>
          <Details row={opened} nameOf={nameOf} href={(query) => router.href(`/audit?${new URLSearchParams(query)}`)} />
        </Drawer>
      )}
    </ListPage>
  );
}

/** An action that is unknown here, because the relay is newer, is shown by its own name. */
function actionName(action: string): string {
  const known: Record<string, string> = words.actions;
  return known[action] ?? action;
}

function columnsOf(
  nameOf: (target: string) => string | undefined,
  href: (row: AuditRow) => string,
): readonly Column<AuditRow>[] {
  const now = Date.now();
  return [
    {
      name: "time",
      head: words.time,
      kind: "still",
      cell: (row) => (
        <a class="name" href={href(row)}>
          <Time iso={row.time} now={now} as="short" />
        </a>
      ),
    },
    { name: "action", head: words.what, kind: "still", cell: (row) => actionName(row.action) },
    {
      name: "target",
      head: words.target,
      kind: "yields",
      cell: (row) => {
        const name = nameOf(row.target) ?? nameIn(row.detail);
        const shown = name ?? row.target;
        return (
          <span class={name === undefined && shown !== "" ? "cut mono" : "cut"} title={shown}>
            {shown || strings.units.none}
          </span>
        );
      },
    },
    {
      name: "changes",
      head: words.changes,
      kind: "yields",
      cell: (row) => {
        const fields = Object.keys(row.changes).join(", ");
        return (
          <span class="cut mono soft" title={fields}>
            {fields}
          </span>
        );
      },
    },
    { name: "actor", head: words.actor, kind: "still", cell: (row) => row.identity ?? row.actor },
    {
      name: "address",
      head: words.address,
      kind: "still",
      cell: (row) => <span class="mono">{row.address ?? strings.units.none}</span>,
    },
  ];
}

interface DetailsProps {
  row: AuditRow;
  nameOf: (target: string) => string | undefined;
  href: (query: Record<string, string>) => string;
}

function Details({ row, nameOf, href }: DetailsProps) {
  const changes = Object.entries(row.changes);
  const detail = Object.entries(row.detail).filter(([, value]) => value !== "" && value !== null);
  const name = nameOf(row.target) ?? nameIn(row.detail);
  return (
    <>
      <dl class="facts">
        <dt>{words.time}</dt>
        <dd>{format.moment(row.time)}</dd>
        <dt>{words.target}</dt>
        <dd>
          {row.target === "" ? (
            strings.units.none
          ) : (
            <a class={name === undefined ? "mono" : undefined} href={href({ target: row.target })}>
              {name ?? row.target}
            </a>
          )}
        </dd>
        <dt>{words.actor}</dt>
        <dd>
          <a href={href({ actor: row.actor })}>{row.identity ?? row.actor}</a>
        </dd>
        {row.address !== null && (
          <>
            <dt>{words.address}</dt>
            <dd>
              <a class="mono" href={href({ address: row.address })}>
                {row.address}
              </a>
            </dd>
          </>
        )}
        {detail.map(([name, value]) => [
          <dt key={`${name}-name`} class="mono">
            {name}
          </dt>,
          <dd key={`${name}-value`} class="mono">
            {textOf(value)}
          </dd>,
        ])}
      </dl>
      {changes.length === 0 ? (
        <p class="soft">{words.noChanges}</p>
      ) : (
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">{words.field}</th>
                <th scope="col">{words.before}</th>
                <th scope="col">{words.after}</th>
              </tr>
            </thead>
            <tbody>
              {changes.map(([field, { old, new: now }]) => (
                <tr key={field}>
                  <td class="mono wide">{field}</td>
                  <td class="mono whole">{textOf(old)}</td>
                  <td class="mono whole">{textOf(now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function nameIn(detail: AuditRow["detail"]): string | undefined {
  const { name } = detail;
  return typeof name === "string" ? name : undefined;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return strings.units.none;
  return typeof value === "string" ? value : JSON.stringify(value);
}
