/** The frame around the pages, for the time one person is signed in. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { AdminClient } from "../api.ts";
import { type Console, createConsole } from "../console.ts";
import { strings } from "../locale/strings.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Languages } from "../parts/languages.tsx";
import { Trouble } from "../parts/trouble.tsx";
import type { Problem } from "../problem.ts";
import { matchPath } from "../router/match.ts";
import type { Router } from "../router/router.ts";
import type { Session } from "../session.ts";
import { PAGES } from "./pages.ts";

interface Props {
  client: AdminClient;
  session: Session;
  router: Router;
}

export function Shell({ client, session, router }: Props) {
  const data = useMemo(() => createConsole(client), [client]);
  const problem = useSignal<Problem | null>(null);
  const open = pageAt(router.path.value);
  const name = open?.page.name;

  useEffect(() => {
    document.title = `${name === undefined ? strings.shell.lost : strings.shell[name]} · ${strings.product}`;
    data.notice.value = null;
    problem.value = null;
  }, [name, data.notice, problem]);

  return (
    <>
      <button type="button" class="unseen skip" onClick={() => document.getElementById("content")?.focus()}>
        {strings.shell.skip}
      </button>
      <header class="bar">
        <div class="bar-in">
          <a class="brand" href={router.href("/requests")}>
            <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" />
            {strings.product}
          </a>
          <nav aria-label={strings.shell.sections}>
            {PAGES.map(({ name: of, patterns }) => (
              <a key={of} href={router.href(patterns[0])} aria-current={of === name ? "page" : undefined}>
                {strings.shell[of]}
              </a>
            ))}
          </nav>
          <div class="actions">
            <Languages />
            <button
              type="button"
              class="quiet"
              onClick={async () => {
                problem.value = await session.signOut();
              }}
            >
              {strings.shell.signOut}
            </button>
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Trouble problem={problem.value} />
        <Notice data={data} />
        {open ? <open.page.lazy.Page data={data} router={router} match={open.match} /> : <Lost router={router} />}
      </main>
      <Leaving router={router} />
    </>
  );
}

/** The page that a path opens, or null. */
export function pageAt(path: string) {
  for (const page of PAGES) {
    const match = matchPath(page.patterns, path);
    if (match) return { page, match };
  }
  return null;
}

function Lost({ router }: { router: Router }) {
  return (
    <div class="empty">
      <h1 tabIndex={-1}>{strings.shell.lost}</h1>
      <p>{strings.shell.lostWhy}</p>
      <a class="button" href={router.href("/requests")}>
        {strings.shell.home}
      </a>
    </div>
  );
}

function Leaving({ router }: { router: Router }) {
  const leaving = router.leaving.value;
  if (leaving === null) return null;
  const { leaveTitle, leave, leaveNow, stay } = strings.form;
  return (
    <Confirm
      title={leaveTitle}
      text={leave}
      action={leaveNow}
      cancel={stay}
      onConfirm={leaving.go}
      onCancel={leaving.stay}
    />
  );
}

/** The region stays in the page while it is empty: screen readers announce only what changes inside it. */
function Notice({ data }: { data: Console }) {
  const text = data.notice.value;
  return (
    <div role="status" class={text === null ? "unseen" : "notice"}>
      {text !== null && (
        <>
          <span>{text}</span>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              data.notice.value = null;
            }}
          >
            {strings.dismiss}
          </button>
        </>
      )}
    </div>
  );
}
