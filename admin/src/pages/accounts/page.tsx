/** Upstream accounts by platform, with their states and the reasons. Each has a page of its own. */
import { type Signal, useSignal } from "@preact/signals";
import { ListPage } from "../../list/list-page.tsx";
import { RowActions } from "../../list/row-actions.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Time } from "../../parts/time.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { lazy } from "../../router/lazy.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { accountState } from "./account-state.ts";
import { words } from "./words.ts";
import "./accounts.css";
import type { Account, Accounts } from "./accounts.ts";
import { actionsOf } from "./actions.ts";
import { conditionText } from "./conditions.ts";
import { nameOfKind } from "./kinds.ts";
import { QuotaRings } from "./quota.tsx";

/** Fetched when they are first needed. */
const BulkBar = lazy(() => import("./bulk-bar.tsx").then((part) => part.BulkBar));
const NewAccountDrawer = lazy(() => import("./new-account.tsx").then((part) => part.NewAccountDrawer));

const FILTERS = { search: { type: "search", label: words.search } } as const;

export function AccountsPage({ data, router, match }: PageProps) {
  const { accounts } = data;
  const create = { label: words.add, href: router.href(`/accounts/new${router.search.value}`) };
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const only = onlyOne(accounts, router.search.value);

  return (
    <ListPage
      title={words.title}
      router={router}
      list={accounts}
      filters={FILTERS}
      create={create}
      empty={<Empty icon="server" title={words.emptyTitle} text={words.empty} create={create} />}
      body={(rows, stale) =>
        byPlatform(rows).map(([platform, members]) => (
          <section key={platform} class="stack" aria-labelledby={`platform-${platform}`}>
            <h2 id={`platform-${platform}`}>
              {words.platforms[platform]} <span class="soft">{format.count(members.length)}</span>
            </h2>
            <ul class="cards" aria-busy={stale}>
              {members.map((account) => (
                <Card
                  key={account.id}
                  account={account}
                  only={only === account.id}
                  data={data}
                  router={router}
                  chosen={chosen}
                />
              ))}
            </ul>
          </section>
        ))
      }
    >
      {chosen.value.size > 0 && <BulkBar.Page rows={accounts.rows.value} chosen={chosen} data={data} />}
      {match.pattern.startsWith("/accounts/new") && (
        <NewAccountDrawer.Page data={data} router={router} kind={match.params.kind} />
      )}
    </ListPage>
  );
}

interface CardProps extends Pick<PageProps, "data" | "router"> {
  account: Account;
  only: boolean;
  chosen: Signal<ReadonlySet<string>>;
}

function Card({ account, only, data, router, chosen }: CardProps) {
  const problem = useSignal<Problem | null>(null);
  const { text, tone, why, until } = accountState(account, format);
  return (
    <li class="card" data-row={account.id}>
      <div class="heading">
        <input
          type="checkbox"
          aria-label={words.bulk.choose(account.name)}
          checked={chosen.value.has(account.id)}
          onChange={(event) => {
            const others = [...chosen.value].filter((id) => id !== account.id);
            chosen.value = new Set(event.currentTarget.checked ? [...others, account.id] : others);
          }}
        />
        <a class="name cut" href={router.href(pathTo("/accounts/:id", { id: account.id }))} title={account.name}>
          {account.name}
        </a>
        <RowActions
          actions={actionsOf(account, data.accounts, only)}
          rowName={account.name}
          problem={problem}
          notice={data.notice}
        />
      </div>
      <p class="soft small cut">{nameOfKind(account.platform, account.kind)}</p>
      <div class="line">
        <Badge tone={tone}>{text}</Badge>
        {until && <span class="soft small">{format.ago(until, Date.now())}</span>}
      </div>
      {why !== undefined && <p class="small">{why}</p>}
      <QuotaRings quota={account.provider_quota} now={Date.now()} most={2} />
      <dl class="facts">
        <dt>{words.fields.priority}</dt>
        <dd>{format.count(account.priority)}</dd>
        <dt>{words.credential}</dt>
        <dd class="mono">{hintsOf(account)}</dd>
        {account.last_error !== null && (
          <>
            <dt>{words.lastError}</dt>
            <dd title={conditionText(account.last_error.condition, account.last_error.reason) ?? undefined}>
              <span class="cut">
                <Time iso={account.last_error.time} now={Date.now()} />
                {" · "}
                {conditionText(account.last_error.condition, account.last_error.reason)}
              </span>
            </dd>
          </>
        )}
        {account.last_test !== null && (
          <>
            <dt>{words.lastTest}</dt>
            <dd title={conditionText(account.last_test.condition, account.last_test.reason) ?? undefined}>
              <Time iso={account.last_test.time} now={Date.now()} />
              {" · "}
              {account.last_test.ok ? words.testPassed : words.testFailed}
            </dd>
          </>
        )}
        {account.sign_in_ends_at !== null && (
          <>
            <dt>{words.signInEnds}</dt>
            <dd>{format.date(account.sign_in_ends_at)}</dd>
          </>
        )}
      </dl>
      <Trouble problem={problem.value} />
    </li>
  );
}

/** The ends of its keys; if the keys are too short to show an end of, how many there are. A sign-in has none. */
function hintsOf({ api_keys }: Account): string {
  const hints = api_keys.map(({ hint }) => hint);
  if (hints.length === 0) return strings.units.none;
  return hints.every((hint) => hint === "…") ? format.count(hints.length) : hints.join(", ");
}

/** In the order of the platforms' first accounts. */
function byPlatform(accounts: readonly Account[]): [platform: Account["platform"], members: Account[]][] {
  const groups = new Map<Account["platform"], Account[]>();
  for (const account of accounts) groups.set(account.platform, [...(groups.get(account.platform) ?? []), account]);
  return [...groups];
}

/** The id of the only account that serves; null if there is another, or not all of them are shown. */
function onlyOne(accounts: Accounts, search: string): string | null {
  if (search !== "" || accounts.hasMore.value) return null;
  const used = accounts.rows.value.filter((account) => account.schedulable);
  return used.length === 1 ? (used[0]?.id ?? null) : null;
}
