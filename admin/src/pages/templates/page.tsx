/** Templates: sets of limits and rules that many keys share. A changed template reaches its keys only when it is applied. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Answer } from "../../api.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { ListPage } from "../../list/list-page.tsx";
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Meter } from "../../parts/meter.tsx";
import { pathTo } from "../../router/match.ts";
import { keyFields } from "../keys/key-form.ts";
import type { PageProps } from "../pages.ts";
import { TEMPLATE_SECTIONS, templateChange, templateFields, templateInput } from "./template-form.ts";
import { type Applied, createTemplates, type Template, type Templates } from "./templates.ts";
import { words } from "./words.ts";

const FILTERS = { search: { type: "search", label: words.search } } as const;
const LABELS: ReadonlyMap<string, string> = new Map(
  Object.entries(keyFields(null)).map(([name, { label }]) => [name, label]),
);

export function TemplatesPage({ data, router, match }: PageProps) {
  const templates = useMemo(() => createTemplates(data.client), [data.client]);
  const applied = useSignal<Applied | null>(null);
  const create = { label: words.add, href: router.href(`/templates/new${router.search.value}`) };
  const pathOf = (id: string) => pathTo("/templates/:id", { id }) + router.search.value;
  const { id } = match.params;
  const edited = id === undefined ? null : templates.rows.value.find((template) => template.id === id);
  const close = () => router.go(`/templates${router.search.value}`);

  return (
    <ListPage
      title={words.title}
      about={words.about}
      router={router}
      list={templates}
      filters={FILTERS}
      create={create}
      missing={id !== undefined && !edited}
      empty={<Empty icon="layout-template" title={words.emptyTitle} text={words.empty} create={create} />}
      table={{
        caption: words.title,
        columns: columnsOf((template) => router.href(pathOf(template.id))),
        idOf: (template) => template.id,
        open: (template) => router.go(pathOf(template.id)),
        actions: {
          nameOf: (template) => template.name,
          of: ({ id, name }) => [
            { label: strings.edit, icon: "pencil", href: router.href(pathOf(id)) },
            {
              label: words.apply,
              icon: "check",
              confirm: { title: words.applyTitle(name), text: words.applyWhat },
              async run() {
                const problem = await templates.apply(id, (progress) => {
                  applied.value = progress;
                });
                const done = applied.value;
                applied.value = null;
                if (problem === null && done) data.notice.value = { text: saidOf(name, done) };
                return problem;
              },
            },
            {
              label: strings.remove,
              icon: "trash-2",
              danger: true,
              confirm: { title: words.deleteTitle(name), text: words.deleteWhat },
              run: () => templates.remove(id),
              done: words.wasDeleted(name),
            },
          ],
        },
        notice: data.notice,
      }}
    >
      {applied.value && <Progress applied={applied.value} />}
      {(match.pattern === "/templates/new" || edited) && (
        <Drawer key={id} title={edited ? edited.name : words.add} wide onClose={close}>
          <TemplateForm
            template={edited ?? null}
            templates={templates}
            router={router}
            onCancel={close}
            onSaved={() => {
              close();
              data.notice.value = { text: edited ? words.savedUnapplied : strings.saved };
            }}
          />
        </Drawer>
      )}
    </ListPage>
  );
}

function saidOf(name: string, { updated, failed }: Applied): string {
  return words.wasApplied(name, format.count(updated), format.count(failed));
}

function Progress({ applied: { updated, failed, left } }: { applied: Applied }) {
  const done = updated + failed;
  return (
    <div class="panel" role="status">
      <Meter share={done / Math.max(1, done + left)} label={words.apply}>
        <span>{words.applying}</span>
        <span>{words.progress(format.count(done), format.count(done + left))}</span>
      </Meter>
    </div>
  );
}

function columnsOf(href: (template: Template) => string): readonly Column<Template>[] {
  return [
    {
      name: "name",
      head: words.name,
      kind: "wide",
      cell: (template) => (
        <>
          <a class="name cut" href={href(template)} title={template.name}>
            {template.name}
          </a>
          {template.description !== "" && (
            <span class="under" title={template.description}>
              {template.description}
            </span>
          )}
        </>
      ),
    },
    {
      name: "holds",
      head: words.holds,
      kind: "roomy",
      cell: (template) => {
        const held = Object.keys(template).flatMap((name) => (name === "name" ? [] : (LABELS.get(name) ?? [])));
        const all = held.filter((label) => label !== LABELS.get("description")).join(", ");
        return (
          <span class="cut" title={all}>
            {all || strings.units.none}
          </span>
        );
      },
    },
  ];
}

interface FormProps extends Pick<PageProps, "router"> {
  template: Template | null;
  templates: Templates;
  onSaved: () => void;
  onCancel: () => void;
}

function TemplateForm({ template, templates, router, onSaved, onCancel }: FormProps) {
  const form = useMemo(
    () =>
      createForm(
        templateFields(template),
        (values, changed): Promise<Answer<unknown>> =>
          template === null
            ? templates.make(templateInput(values, changed))
            : templates.change(template.id, templateChange(values, changed)),
      ),
    [template?.id, templates],
  );
  return (
    <FormView
      id="template"
      form={form}
      sections={TEMPLATE_SECTIONS}
      submit={strings.save}
      sending={strings.saving}
      onDone={onSaved}
      onCancel={onCancel}
      router={router}
    />
  );
}
