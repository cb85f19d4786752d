/** Upstream accounts: adding, pausing and deleting them. */
import { useMemo } from "preact/hooks";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { ListPage } from "../../list/list-page.tsx";
import type { RowAction } from "../../list/row-actions.tsx";
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Empty } from "../../parts/empty.tsx";
import { focusHeading } from "../../parts/focus.ts";
import type { PageProps } from "../pages.ts";
import { ACCOUNT_FIELDS, accountInput } from "./account-form.ts";
import { accountState } from "./account-state.ts";
import type { Account, Accounts } from "./accounts.ts";

const words = strings.accounts;
const FILTERS = { search: { type: "search", label: words.search } } as const;

export function AccountsPage({ data, router, match }: PageProps) {
  const { accounts, notice } = data;
  const adding = match.pattern === "/accounts/new";
  const create = { label: words.add, href: router.href(`/accounts/new${router.search.value}`) };
  const only = onlyOne(accounts, router.search.value);

  function leaveForm(): void {
    router.go(`/accounts${router.search.value}`, { replace: true });
    focusHeading();
  }

  return (
    <ListPage
      title={words.title}
      router={router}
      list={accounts}
      filters={FILTERS}
      create={adding ? null : create}
      empty={!adding && <Empty title={words.emptyTitle} text={words.empty} create={create} />}
      table={{
        caption: words.caption,
        columns: COLUMNS,
        idOf: (account) => account.id,
        actions: {
          head: strings.list.actions,
          nameOf: (account) => account.name,
          of: (account) => actionsOf(account, accounts, only === account.id),
        },
        notice,
      }}
    >
      {adding && (
        <NewAccountForm
          accounts={accounts}
          router={router}
          onAdded={(account) => {
            leaveForm();
            notice.value = words.wasAdded(account.name);
          }}
          onCancel={leaveForm}
        />
      )}
    </ListPage>
  );
}

const COLUMNS: readonly Column<Account>[] = [
  {
    name: "name",
    head: words.name,
    kind: "wide",
    cell: (account) => (
      <>
        <span class="name">{account.name}</span>
        <span class="under url">{account.base_url}</span>
      </>
    ),
  },
  {
    name: "state",
    head: words.state,
    kind: "still",
    cell: (account) => {
      const { text, tone, why } = accountState(account, format);
      return (
        <span class={`dot tone-${tone}`} title={why}>
          {text}
        </span>
      );
    },
  },
  {
    name: "credential",
    head: words.credential,
    kind: "still",
    cell: (account) => <span class="mono">{account.api_keys.map(({ hint }) => hint).join(", ")}</span>,
  },
  {
    name: "added",
    head: words.addedOn,
    kind: "still",
    label: words.addedOn,
    cell: (account) => format.date(account.created_at),
  },
];

/** The id of the account without which nothing is served; null where there is another, or not all of them are shown. */
function onlyOne(accounts: Accounts, search: string): string | null {
  if (search !== "" || accounts.hasMore.value) return null;
  const used = accounts.rows.value.filter((account) => account.schedulable);
  return used.length === 1 ? (used[0]?.id ?? null) : null;
}

function actionsOf({ id, name, schedulable }: Account, accounts: Accounts, only: boolean): RowAction[] {
  return [
    schedulable
      ? {
          label: words.disable,
          run: () => accounts.setSchedulable(id, false),
          done: only ? words.wasDisabledLast(name) : words.wasDisabled(name),
        }
      : { label: words.enable, run: () => accounts.setSchedulable(id, true), done: words.wasEnabled(name) },
    {
      label: words.remove,
      danger: true,
      confirm: { title: words.confirmTitle(name), text: only ? words.confirmLast : words.confirm },
      run: () => accounts.remove(id),
      done: words.wasDeleted(name),
    },
  ];
}

interface FormProps extends Pick<PageProps, "router"> {
  accounts: Accounts;
  onAdded: (account: Account) => void;
  onCancel: () => void;
}

/** Drops the key from memory once the relay has it. */
function NewAccountForm({ accounts, router, onAdded, onCancel }: FormProps) {
  const form = useMemo(() => createForm(ACCOUNT_FIELDS, (values) => accounts.add(accountInput(values))), [accounts]);
  return (
    <FormView
      id="account"
      form={form}
      title={words.formTitle}
      submit={words.create}
      sending={words.creating}
      onDone={onAdded}
      onCancel={onCancel}
      router={router}
    >
      <p class="terms">{words.terms}</p>
    </FormView>
  );
}
