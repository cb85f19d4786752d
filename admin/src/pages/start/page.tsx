/**
 * The way from an empty relay to a client's first request: an account, a key, the lines to paste, and a page that turns green. The address
 * has the current step, so that a reload and the back button work. The key itself is only in memory.
 */
import { useSignal } from "@preact/signals";
import { ask } from "../../api.ts";
import { useReading } from "../../list/reading.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { lazy } from "../../router/lazy.tsx";
import { pathTo } from "../../router/match.ts";
import type { MadeKey } from "../keys/keys.ts";
import type { PageProps } from "../pages.ts";
import { Progress } from "./progress.tsx";
import { facesAt, NEVER_USED, type Step, stepAt } from "./steps.ts";
import { words } from "./words.ts";

/** Each is as large as a page, and people go through them one after the other. */
const AccountStep = lazy(() => import("./account-step.tsx").then((part) => part.AccountStep));
const KeyStep = lazy(() => import("./key-step.tsx").then((part) => part.KeyStep));
const ClientStep = lazy(() => import("./client-step.tsx").then((part) => part.ClientStep));

export function StartPage({ data, router, match }: PageProps) {
  const accounts = useReading("accounts", (signal) =>
    ask(data.client.admin.accounts.$get({ query: { limit: "200" } }, { init: { signal } })),
  );
  const made = useSignal<MadeKey | null>(null);
  /** The address at which a request has succeeded. */
  const worksAt = useSignal<string | null>(null);
  const here = router.path.value;
  const known = accounts.value.value?.items ?? null;
  const hasAccount = known?.some(({ schedulable }) => schedulable) ?? null;
  const step = stepAt(match.pattern, hasAccount);
  const id = match.params.id ?? "";

  const hrefs: Partial<Record<Step, string>> = {
    account: router.href("/start/account"),
    key: router.href("/start/key"),
  };
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{words.title}</h1>
      </div>
      <p class="soft">{words.about}</p>
      <section class="panel">
        <Progress
          faces={facesAt(step, { works: worksAt.value === here, hasAccount })}
          hrefOf={(other) => hrefs[other] ?? null}
        />
      </section>
      {step === null && <Trouble problem={accounts.problem.value} onRetry={accounts.refresh} />}
      {step === null && accounts.problem.value === null && <Skeleton rows={6} />}
      {step === "account" && (
        <AccountStep.Page
          data={data}
          router={router}
          kind={match.params.kind}
          onAdded={() => {
            void accounts.refresh();
            void data.directory.load();
            router.go("/start/key");
          }}
        />
      )}
      {step === "key" && (
        <KeyStep.Page
          data={data}
          router={router}
          onMade={(key) => {
            made.value = key;
            void data.directory.load();
            router.go(`${pathTo("/start/client/:id", { id: key.id })}?after=${NEVER_USED}`);
          }}
          onChosen={(chosen) => router.go(pathTo("/start/client/:id", { id: chosen }))}
        />
      )}
      {step === "client" && (
        <ClientStep.Page
          key={id}
          id={id}
          data={data}
          router={router}
          secret={made.value?.id === id ? made.value.api_key : undefined}
          onWorks={() => {
            worksAt.value = here;
          }}
        />
      )}
    </>
  );
}
