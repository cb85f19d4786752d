/** One key: how much of its limits is used now, its cost, how to use it, and all of its settings. */
import { useSignal } from "@preact/signals";
import { ask } from "../../api.ts";
import { afterwards } from "../../list/afterwards.ts";
import { again, useReading } from "../../list/reading.ts";
import { RowActions } from "../../list/row-actions.tsx";
import { strings } from "../../locale/strings.ts";
import { Icon } from "../../parts/icon.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { lazy } from "../../router/lazy.tsx";
import { pathTo } from "../../router/match.ts";
import { useCrumb } from "../../shell/crumb.ts";
import { actionsOf } from "../keys/actions.ts";
import { KeyBadge } from "../keys/key-badge.tsx";
import type { Keys } from "../keys/keys.ts";
import { words } from "../keys/words.ts";
import type { PageProps } from "../pages.ts";
import { WhoServesLink } from "../who-serves/link.tsx";
import { LiveLimits } from "./live-limits.tsx";
import { Rules } from "./rules.tsx";

/** It is below what people look at first, and needs the charts. */
const KeyUsage = lazy(() => import("./key-usage.tsx").then((part) => part.KeyUsage));
/** It has the lines for ten clients. */
const Connection = lazy(() => import("../keys/connection.tsx").then((part) => part.Connection));
// Both are always shown, so they are fetched in parallel with the key.
void KeyUsage.fetch();
void Connection.fetch();
/** Fetched when it is first opened: the form is as large as the page. */
const EditKeyDrawer = lazy(() => import("../keys/key-drawer.tsx").then((part) => part.EditKeyDrawer));

export function KeyPage({ data, router, match }: PageProps) {
  const { keys, notice } = data;
  const id = match.params.id ?? "";
  const reading = useReading(id, (signal) => keys.read(id, signal));
  const used = useReading(`${id} usage`, (signal) =>
    ask(data.client.admin.usage.key.$get({ query: { key_id: id } }, { init: { signal } })),
  );
  const problem = useSignal<Problem | null>(null);
  const key = reading.value.value;
  const name = key?.name ?? null;
  const home = pathTo("/keys/:id", { id });

  useCrumb(data, name);

  if (key === null) {
    return reading.problem.value ? (
      <Trouble problem={reading.problem.value} onRetry={again(reading, used)} />
    ) : (
      <Skeleton rows={8} />
    );
  }
  return (
    <>
      <div class="heading">
        <div class="line">
          <h1 class="cut" tabIndex={-1} title={key.name}>
            {key.name}
          </h1>
          <KeyBadge apiKey={key} />
        </div>
        <div class="actions">
          <a class="button" href={router.href(`/requests?key_id=${id}`)}>
            <Icon name="activity" />
            {words.page.seeRequests}
          </a>
          <a class="button" href={router.href(`/audit?target=${id}`)}>
            <Icon name="scroll-text" />
            {words.page.history}
          </a>
          {key.deleted_at === null && <WhoServesLink router={router} of={{ key: id }} />}
          {key.deleted_at === null && (
            <a class="button main" href={router.href(`${home}/edit`)}>
              <Icon name="pencil" />
              {strings.edit}
            </a>
          )}
          <RowActions
            actions={actionsOf(
              key,
              refreshing(keys, () => void reading.refresh()),
              router,
            )}
            rowName={key.name}
            problem={problem}
            notice={notice}
          />
        </div>
      </div>
      {key.description !== "" && <p class="soft">{key.description}</p>}
      <Trouble problem={problem.value} />
      <div class="halves">
        <LiveLimits apiKey={key} keys={keys} />
        <Connection.Page apiKey={key} keys={keys} />
      </div>
      <Rules apiKey={key} data={data} />
      <KeyUsage.Page id={id} used={used} />
      {match.pattern === "/keys/:id/edit" && key.deleted_at === null && (
        <EditKeyDrawer.Page
          data={data}
          router={router}
          apiKey={key}
          onClose={() => router.go(home)}
          onChanged={() => {
            router.go(home);
            notice.value = { text: strings.saved };
            void reading.refresh();
          }}
        />
      )}
    </>
  );
}

/** The same actions, which also read this page again. */
function refreshing(keys: Keys, refresh: () => void): Keys {
  return {
    ...keys,
    setEnabled: (id, enabled) => afterwards(keys.setEnabled(id, enabled), refresh),
    remove: (id) => afterwards(keys.remove(id), refresh),
    restore: (id) => afterwards(keys.restore(id), refresh),
  };
}
