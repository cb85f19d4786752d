/** One account: its line in the list, and what can be done to it. */
import { useSignal } from "@preact/signals";
import type { Console } from "../../console.ts";
import { strings } from "../../locale/en.ts";
import { formatDate } from "../../locale/format.ts";
import { Act } from "../../parts/act.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { focusHeading } from "../../parts/focus.ts";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import type { Account } from "./accounts.ts";

const words = strings.accounts;

interface Props {
  account: Account;
  data: Console;
  /** No other account is in use. */
  onlyOne: boolean;
}

export function AccountRows({ account, data, onlyOne }: Props) {
  const { accounts, notice } = data;
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const confirming = useSignal(false);

  async function act(change: Promise<Problem | null>, done: string): Promise<void> {
    busy.value = true;
    problem.value = await change;
    busy.value = false;
    notice.value = problem.value === null ? done : null;
  }

  return (
    <tbody>
      <tr data-account={account.id}>
        <td class="wide">
          <span class="name">{account.name}</span>
          <span class="under url">{account.base_url}</span>
        </td>
        <td class="still">
          {account.schedulable ? (
            <span class="dot tone-ok">{words.scheduled}</span>
          ) : (
            <span class="dot tone-off">{words.unscheduled}</span>
          )}
        </td>
        <td class="mono still">{account.api_keys.map(({ hint }) => hint).join(", ")}</td>
        <td class="still" data-label={words.addedOn}>
          {formatDate(account.created_at)}
        </td>
        <td class="row-actions wide">
          <div class="actions">
            {account.schedulable ? (
              <Act
                label={words.disable}
                of={account.name}
                busy={busy.value}
                onAct={() =>
                  act(
                    accounts.setSchedulable(account, false),
                    onlyOne ? words.wasDisabledLast(account.name) : words.wasDisabled(account.name),
                  )
                }
              />
            ) : (
              <Act
                label={words.enable}
                of={account.name}
                busy={busy.value}
                onAct={() => act(accounts.setSchedulable(account, true), words.wasEnabled(account.name))}
              />
            )}
            <Act
              label={words.remove}
              of={account.name}
              busy={busy.value}
              danger
              onAct={() => {
                confirming.value = true;
              }}
            />
          </div>
          {confirming.value && (
            <Confirm
              title={words.confirmTitle(account.name)}
              text={onlyOne ? words.confirmLast : words.confirm}
              action={words.remove}
              onCancel={() => {
                confirming.value = false;
              }}
              onConfirm={() => {
                confirming.value = false;
                void act(accounts.remove(account), words.wasDeleted(account.name)).then(focusHeading);
              }}
            />
          )}
        </td>
      </tr>
      {problem.value !== null && (
        <tr class="more">
          <td colSpan={5}>
            <Trouble problem={problem.value} />
          </td>
        </tr>
      )}
    </tbody>
  );
}
