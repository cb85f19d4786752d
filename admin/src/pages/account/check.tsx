/** A test of an account: a small real request with each of its keys, shown step by step. */
import type { AdminClient } from "../../api.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Account } from "../accounts/accounts.ts";
import { CheckResults, useChecking } from "../accounts/checking.tsx";
import { words as accountsWords } from "../accounts/words.ts";

const words = accountsWords.page;

interface Props {
  account: Account;
  client: AdminClient;
  onDone: () => void;
}

export function AccountCheck({ account, client, onDone }: Props) {
  const checking = useChecking();

  async function run(): Promise<void> {
    const ended = await checking.run((signal) =>
      client.admin.accounts[":id"].test.$post({ param: { id: account.id }, query: {}, json: {} }, { init: { signal } }),
    );
    if (ended !== undefined) onDone();
  }

  return (
    <section class="panel" aria-labelledby="check-title">
      <div class="heading">
        <h2 id="check-title">{words.check}</h2>
        <button type="button" aria-disabled={checking.running.value} onClick={() => void run()}>
          <Icon name="flask-conical" />
          {checking.running.value ? words.checking : words.checkNow}
        </button>
      </div>
      {checking.progress.value === null && <p class="soft">{words.checkWhat}</p>}
      <CheckResults checking={checking} />
    </section>
  );
}
