/** One account: its state and the reasons, key by key; a test of it; its past errors; and all of its settings. */
import { useSignal } from "@preact/signals";
import { afterwards } from "../../list/afterwards.ts";
import { again, useReading } from "../../list/reading.ts";
import { RowActions } from "../../list/row-actions.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Drawer } from "../../parts/drawer.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { lazy } from "../../router/lazy.tsx";
import { pathTo } from "../../router/match.ts";
import { useCrumb } from "../../shell/crumb.ts";
import { accountState } from "../accounts/account-state.ts";
import { words } from "../accounts/words.ts";
import "../accounts/accounts.css";
import type { Accounts } from "../accounts/accounts.ts";
import { actionsOf } from "../accounts/actions.ts";
import { conditionText } from "../accounts/conditions.ts";
import { ACCOUNT_KINDS, nameOfKind } from "../accounts/kinds.ts";
import type { PageProps } from "../pages.ts";
import { Standing } from "./standing.tsx";

/** Each takes one Worker request and one object request, while the page is visible. */
const EVERY_MS = 20_000;

/** It is below what people look at first. */
const AccountUsage = lazy(() => import("./account-usage.tsx").then((part) => part.AccountUsage));
/** Only this reads a stream. */
const AccountCheck = lazy(() => import("./check.tsx").then((part) => part.AccountCheck));
// Both are always shown, so they are fetched in parallel with the account.
void AccountUsage.fetch();
void AccountCheck.fetch();
/** Fetched when they are first opened. */
const EditAccountDrawer = lazy(() => import("./edit-account.tsx").then((part) => part.EditAccountDrawer));
const SignInFlow = lazy(() => import("../accounts/sign-in-flow.tsx").then((part) => part.SignInFlow));

export function AccountPage({ data, router, match }: PageProps) {
  const { accounts, notice } = data;
  const id = match.params.id ?? "";
  const home = pathTo("/accounts/:id", { id });
  const reading = useReading(id, (signal) => accounts.read(id, signal));
  const health = useReading(`${id} health`, (signal) => accounts.health(id, signal), EVERY_MS);
  const used = useReading(`${id} usage`, (signal) => accounts.usage(id, signal));
  const problem = useSignal<Problem | null>(null);
  const account = reading.value.value;
  const name = account?.name ?? null;

  useCrumb(data, name);

  function refresh(): void {
    void reading.refresh();
    void health.refresh();
    void data.directory.load();
  }

  function saved(): void {
    router.go(home);
    notice.value = { text: strings.saved };
    refresh();
  }

  if (account === null) {
    return reading.problem.value ? (
      <Trouble problem={reading.problem.value} onRetry={again(reading, health, used)} />
    ) : (
      <Skeleton rows={8} />
    );
  }
  const { text, tone, why, until } = accountState(account, format);
  const signIn = ACCOUNT_KINDS.find(
    ({ platform, kind }) => platform === account.platform && kind === account.kind,
  )?.signIn;
  return (
    <>
      <div class="heading">
        <div class="line">
          <h1 class="cut" tabIndex={-1} title={account.name}>
            {account.name}
          </h1>
          <Badge tone={tone}>{text}</Badge>
          {until && <span class="soft small">{format.ago(until, Date.now())}</span>}
        </div>
        <div class="actions">
          <a class="button" href={router.href(`/requests?account_id=${id}`)}>
            <Icon name="activity" />
            {words.page.seeRequests}
          </a>
          {signIn && (
            <a class="button" href={router.href(`${home}/sign-in`)}>
              <Icon name="log-in" />
              {words.page.signInAgain}
            </a>
          )}
          <a class="button main" href={router.href(`${home}/edit`)}>
            <Icon name="pencil" />
            {strings.edit}
          </a>
          <RowActions
            actions={actionsOf(
              account,
              refreshing(accounts, refresh, () => router.go("/accounts")),
              false,
            )}
            rowName={account.name}
            problem={problem}
            notice={notice}
          />
        </div>
      </div>
      <p class="soft">
        {nameOfKind(account.platform, account.kind)} · <span class="mono">{account.base_url}</span>
      </p>
      <Trouble problem={problem.value} />
      {why !== undefined && (
        <div class="note">
          <Icon name="triangle-alert" />
          <p>{why}</p>
        </div>
      )}
      <div class="halves">
        <Standing account={account} reading={health} />
        <AccountCheck.Page account={account} client={data.client} onDone={refresh} />
      </div>
      <div class="halves">
        <AccountUsage.Page used={used} />
        <Errors health={health.value.value} />
      </div>
      {match.pattern === "/accounts/:id/edit" && (
        <EditAccountDrawer.Page
          account={account}
          data={data}
          router={router}
          onClose={() => router.go(home)}
          onSaved={saved}
        />
      )}
      {match.pattern === "/accounts/:id/sign-in" && signIn && (
        <Drawer title={words.page.signInAgain} onClose={() => router.go(home)}>
          <SignInFlow.Page
            signIn={signIn}
            account={account}
            data={data}
            router={router}
            onAdded={saved}
            onCancel={() => router.go(home)}
          />
        </Drawer>
      )}
    </>
  );
}

/** The same actions, which also read this page again, or leave it if the account is gone. */
function refreshing(accounts: Accounts, refresh: () => void, leave: () => void): Accounts {
  return {
    ...accounts,
    setSchedulable: (id, schedulable) => afterwards(accounts.setSchedulable(id, schedulable), refresh),
    reset: (id) => afterwards(accounts.reset(id), refresh),
    remove: (id) => afterwards(accounts.remove(id), leave),
  };
}

function Errors({ health }: { health: { last_errors: readonly ErrorRow[] } | null }) {
  if (health === null) return null;
  const now = Date.now();
  return (
    <section class="panel" aria-labelledby="errors-title">
      <h2 id="errors-title">{words.page.errors}</h2>
      {health.last_errors.length === 0 && <p class="soft">{words.page.noErrors}</p>}
      <ol class="timeline">
        {health.last_errors.map((error) => (
          <li key={error.time + error.condition}>
            <span>
              <b>{error.status === 0 ? strings.units.noAnswer : error.status}</b>{" "}
              {conditionText(error.condition, error.reason)}
            </span>
            <span class="soft" title={format.moment(error.time)}>
              {format.ago(error.time, now)}
              {error.until !== null && ` · ${words.page.until(format.date(error.until))}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

interface ErrorRow {
  time: string;
  status: number;
  condition: string;
  reason: string;
  until: string | null;
}
