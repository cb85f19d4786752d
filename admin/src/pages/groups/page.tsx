/** Groups: separate pools of accounts for the keys that are bound to them. */
import { useMemo } from "preact/hooks";
import { type Choice, oneOf, several, text } from "../../form/field.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { ListPage } from "../../list/list-page.tsx";
import type { Column } from "../../list/table.tsx";
import { strings } from "../../locale/strings.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { WhoServesLink } from "../who-serves/link.tsx";
import { createGroups, type Group, type Groups } from "./groups.ts";
import { words } from "./words.ts";

const FILTERS = { search: { type: "search", label: words.search } } as const;
const STRATEGIES = ["priority", "round-robin", "random", "weighted", "failover"] as const;

export function GroupsPage({ data, router, match }: PageProps) {
  const groups = useMemo(() => createGroups(data.client), [data.client]);
  const names = data.directory.known.value?.accountNames;
  const create = { label: words.add, href: router.href(`/groups/new${router.search.value}`) };
  const pathOf = (id: string) => pathTo("/groups/:id", { id }) + router.search.value;
  const { id } = match.params;
  const edited = id === undefined ? null : groups.rows.value.find((group) => group.id === id);
  const close = () => router.go(`/groups${router.search.value}`);

  return (
    <ListPage
      title={words.title}
      about={words.about}
      router={router}
      list={groups}
      filters={FILTERS}
      create={create}
      missing={id !== undefined && !edited}
      aside={<WhoServesLink router={router} />}
      empty={<Empty icon="boxes" title={words.emptyTitle} text={words.empty} create={create} />}
      table={{
        caption: words.title,
        columns: columnsOf(names, (group) => router.href(pathOf(group.id))),
        idOf: (group) => group.id,
        open: (group) => router.go(pathOf(group.id)),
        actions: {
          nameOf: (group) => group.name,
          of: ({ id, name, strategy, account_ids }) => [
            { label: strings.edit, icon: "pencil", href: router.href(pathOf(id)) },
            {
              label: strings.remove,
              icon: "trash-2",
              danger: true,
              run: () => groups.remove(id),
              done: words.wasDeleted(name),
              undo: async () => {
                const answer = await groups.make({ name, strategy, account_ids });
                return answer.ok ? null : answer.problem;
              },
            },
          ],
        },
        notice: data.notice,
      }}
    >
      {(match.pattern === "/groups/new" || edited) && (
        <Drawer key={id} title={edited ? edited.name : words.add} onClose={close}>
          <GroupForm
            group={edited ?? null}
            groups={groups}
            data={data}
            router={router}
            onCancel={close}
            onSaved={() => {
              close();
              data.notice.value = { text: strings.saved };
            }}
          />
        </Drawer>
      )}
    </ListPage>
  );
}

function columnsOf(
  names: ReadonlyMap<string, string> | undefined,
  href: (group: Group) => string,
): readonly Column<Group>[] {
  return [
    {
      name: "name",
      head: words.name,
      kind: "wide",
      cell: (group) => (
        <a class="name cut" href={href(group)} title={group.name}>
          {group.name}
        </a>
      ),
    },
    { name: "strategy", head: words.strategy, kind: "still", cell: (group) => words.strategies[group.strategy] },
    {
      name: "members",
      head: words.members,
      kind: "roomy",
      cell: (group) => {
        if (group.account_ids.length === 0) return <span class="tone-warn">{words.noMembers}</span>;
        const all = group.account_ids.map((id) => names?.get(id) ?? id).join(", ");
        return (
          <span class="cut" title={all}>
            {all}
          </span>
        );
      },
    },
  ];
}

interface FormProps extends Pick<PageProps, "data" | "router"> {
  group: Group | null;
  groups: Groups;
  onSaved: () => void;
  onCancel: () => void;
}

function GroupForm({ group, groups, data, router, onSaved, onCancel }: FormProps) {
  const accounts = data.directory.known.value?.accounts;
  const form = useMemo(() => {
    if (!accounts) return null;
    const members = accounts.map(({ id, name }): Choice => [id, name]);
    const strategies = STRATEGIES.map((strategy) => [strategy, words.strategyHints[strategy]] as const);
    const fields = {
      name: text({ label: words.name, initial: group?.name }),
      strategy: oneOf({ label: words.strategy, initial: group?.strategy }, strategies),
      account_ids: several(
        { label: words.members, hint: words.membersHint, initial: group?.account_ids.join("\n") },
        members,
      ),
    };
    return createForm(fields, (values) => (group ? groups.change(group.id, values) : groups.make(values)));
    // When the accounts are read again in between, they must not remove what was typed.
  }, [group?.id, groups, accounts === undefined]);
  if (!form) return <Skeleton rows={4} />;
  return (
    <FormView
      id="group"
      form={form}
      submit={strings.save}
      sending={strings.saving}
      onDone={onSaved}
      onCancel={onCancel}
      router={router}
    />
  );
}
