/** Upstream accounts: adding, pausing and deleting them. */
import { useSignal } from "@preact/signals";
import type { Console } from "../../console.ts";
import { strings } from "../../locale/en.ts";
import { focusHeading } from "../../parts/focus.ts";
import { Trouble } from "../../parts/trouble.tsx";
import { AccountForm } from "./account-form.tsx";
import { AccountRows } from "./account-rows.tsx";

const words = strings.accounts;

export function AccountsPage({ data }: { data: Console }) {
  const { accounts, notice } = data;
  const adding = useSignal(false);
  const rows = accounts.rows.value;
  const empty = accounts.loaded.value && rows.length === 0;

  function open(): void {
    adding.value = true;
  }

  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{words.title}</h1>
        {!adding.value && !empty && (
          <button type="button" class="main" onClick={open}>
            {words.add}
          </button>
        )}
      </div>
      {adding.value && (
        <AccountForm
          accounts={accounts}
          onAdded={(name) => {
            adding.value = false;
            notice.value = words.wasAdded(name);
            focusHeading();
          }}
          onCancel={() => {
            adding.value = false;
            focusHeading();
          }}
        />
      )}
      <Trouble problem={accounts.problem.value} onRetry={accounts.load} />
      {!accounts.loaded.value && accounts.problem.value === null && <p class="soft">{strings.loading}</p>}
      {empty && !adding.value && (
        <div class="empty">
          <h2>{words.emptyTitle}</h2>
          <p>{words.empty}</p>
          <button type="button" class="main" onClick={open}>
            {words.add}
          </button>
        </div>
      )}
      {rows.length > 0 && (
        <div class="table">
          <table>
            <caption class="unseen">{words.caption}</caption>
            <thead>
              <tr>
                <th scope="col">{words.name}</th>
                <th scope="col">{words.state}</th>
                <th scope="col">{words.credential}</th>
                <th scope="col">{words.addedOn}</th>
                <th scope="col">
                  <span class="unseen">{words.actions}</span>
                </th>
              </tr>
            </thead>
            {rows.map((account) => (
              <AccountRows
                key={account.id}
                account={account}
                data={data}
                onlyOne={account.schedulable && rows.filter((row) => row.schedulable).length === 1}
              />
            ))}
          </table>
        </div>
      )}
      {accounts.hasMore.value && (
        <div class="actions">
          <button type="button" onClick={() => void accounts.loadMore()}>
            {strings.loadMore}
          </button>
        </div>
      )}
    </>
  );
}
