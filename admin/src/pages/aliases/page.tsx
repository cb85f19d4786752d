/** What a model's name stands for: models in order, of which the first that can be served is used. */
import { useMemo } from "preact/hooks";
import { ask } from "../../api.ts";
import { maybeEmpty, text } from "../../form/field.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { ListPage } from "../../list/list-page.tsx";
import { useReading } from "../../list/reading.ts";
import type { Column } from "../../list/table.tsx";
import { strings } from "../../locale/strings.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { WhoServesLink } from "../who-serves/link.tsx";
import { searchOf } from "../who-serves/question.ts";
import { type Alias, type Aliases, createAliases } from "./aliases.ts";
import { type GroupName, targetLines, targetsField } from "./targets.ts";
import { words } from "./words.ts";

const FILTERS = { search: { type: "search", label: words.search } } as const;
const MOST_GROUPS = "200";

export function AliasesPage({ data, router, match }: PageProps) {
  const { client } = data;
  const aliases = useMemo(() => createAliases(client), [client]);
  const groups = useReading("groups", (signal) =>
    ask(client.admin.groups.$get({ query: { limit: MOST_GROUPS } }, { init: { signal } })),
  );
  const known = groups.value.value?.items ?? null;
  const create = { label: words.add, href: router.href(`/aliases/new${router.search.value}`) };
  const pathOf = (id: string) => pathTo("/aliases/:id", { id }) + router.search.value;
  const { id } = match.params;
  const edited = id === undefined ? null : aliases.rows.value.find((alias) => alias.id === id);
  const close = () => router.go(`/aliases${router.search.value}`);

  return (
    <ListPage
      title={words.title}
      about={words.about}
      router={router}
      list={aliases}
      filters={FILTERS}
      create={create}
      missing={id !== undefined && !edited}
      aside={<WhoServesLink router={router} />}
      empty={<Empty icon="signpost" title={words.emptyTitle} text={words.empty} create={create} />}
      table={{
        caption: words.title,
        columns: columnsOf(known ?? [], (alias) => router.href(pathOf(alias.id))),
        idOf: (alias) => alias.id,
        open: (alias) => router.go(pathOf(alias.id)),
        actions: {
          nameOf: (alias) => alias.name,
          of: ({ id, name, targets, note }) => [
            { label: strings.edit, icon: "pencil", href: router.href(pathOf(id)) },
            {
              label: strings.shell["who-serves"],
              icon: "arrow-right",
              href: router.href(`/who-serves${searchOf({ model: name })}`),
            },
            {
              label: strings.remove,
              icon: "trash-2",
              danger: true,
              run: () => aliases.remove(id),
              done: words.wasDeleted(name),
              undo: async () => {
                const answer = await aliases.make({ name, targets: [...targets], note });
                return answer.ok ? null : answer.problem;
              },
            },
          ],
        },
        notice: data.notice,
      }}
    >
      {(match.pattern === "/aliases/new" || edited) && (
        <Drawer key={id} title={edited ? edited.name : words.add} onClose={close}>
          <Trouble problem={groups.problem.value} onRetry={groups.refresh} />
          {known === null ? (
            groups.problem.value === null && <Skeleton rows={4} />
          ) : (
            <AliasForm
              alias={edited ?? null}
              aliases={aliases}
              groups={known}
              router={router}
              onCancel={close}
              onSaved={() => {
                close();
                data.notice.value = { text: strings.saved };
              }}
            />
          )}
        </Drawer>
      )}
    </ListPage>
  );
}

function columnsOf(groups: readonly GroupName[], href: (alias: Alias) => string): readonly Column<Alias>[] {
  return [
    {
      name: "name",
      head: words.name,
      kind: "wide",
      cell: (alias) => (
        <a class="name cut mono" href={href(alias)} title={alias.name}>
          {alias.name}
        </a>
      ),
    },
    {
      name: "targets",
      head: words.targets,
      kind: "roomy",
      cell: (alias) => {
        const chain = targetLines(alias.targets, groups).replaceAll("\n", " → ");
        return (
          <span class="cut mono" title={chain}>
            {chain}
          </span>
        );
      },
    },
    {
      name: "note",
      head: words.note,
      cell: (alias) => (
        <span class="cut soft" title={alias.note}>
          {alias.note}
        </span>
      ),
    },
  ];
}

interface FormProps extends Pick<PageProps, "router"> {
  alias: Alias | null;
  aliases: Aliases;
  groups: readonly GroupName[];
  onSaved: () => void;
  onCancel: () => void;
}

function AliasForm({ alias, aliases, groups, router, onSaved, onCancel }: FormProps) {
  const form = useMemo(() => {
    const initial = alias === null ? undefined : targetLines(alias.targets, groups);
    const asked = {
      label: words.targets,
      hint: words.targetsHint,
      placeholder: "claude-haiku-4-5\ngpt-5-mini",
      initial,
    };
    const fields = {
      name: text({ label: words.name, hint: words.nameHint, initial: alias?.name }),
      targets: targetsField(asked, groups),
      note: maybeEmpty(text({ label: words.note, initial: alias?.note })),
    };
    return createForm(fields, (values) => (alias ? aliases.change(alias.id, values) : aliases.make(values)));
  }, [alias?.id, aliases]);
  return (
    <FormView
      id="alias"
      form={form}
      submit={strings.save}
      sending={strings.saving}
      onDone={onSaved}
      onCancel={onCancel}
      router={router}
    />
  );
}
