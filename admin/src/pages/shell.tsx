/** The frame around the sections, for the time one person is signed in. */
import type { ReadonlySignal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { AdminClient } from "../api.ts";
import { type Console, createConsole } from "../console.ts";
import { strings } from "../locale/en.ts";
import { Trouble } from "../parts/trouble.tsx";
import type { Problem } from "../problem.ts";
import { SECTIONS, type Section } from "../router/section.ts";
import type { Session } from "../session.ts";
import { AccountsPage } from "./accounts/page.tsx";
import { KeysPage } from "./keys/page.tsx";
import { PricesPage } from "./prices/page.tsx";
import { RequestsPage } from "./requests/page.tsx";

interface Props {
  client: AdminClient;
  session: Session;
  section: ReadonlySignal<Section>;
}

export function Shell({ client, session, section }: Props) {
  const data = useMemo(() => createConsole(client), [client]);
  const problem = useSignal<Problem | null>(null);
  const open = section.value;

  useEffect(() => {
    void data.accounts.load();
    void data.keys.load();
  }, [data]);

  useEffect(() => {
    document.title = `${strings.shell[open]} · ${strings.product}`;
    data.notice.value = null;
    problem.value = null;
  }, [open, data.notice, problem]);

  return (
    <>
      <button type="button" class="unseen skip" onClick={() => document.getElementById("content")?.focus()}>
        {strings.shell.skip}
      </button>
      <header class="bar">
        <div class="bar-in">
          <a class="brand" href="#requests">
            <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" />
            {strings.product}
          </a>
          <nav aria-label={strings.shell.sections}>
            {SECTIONS.map((name) => (
              <a key={name} href={`#${name}`} aria-current={name === open ? "page" : undefined}>
                {strings.shell[name]}
              </a>
            ))}
          </nav>
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
      </header>
      <main id="content" tabIndex={-1}>
        <Trouble problem={problem.value} />
        <Notice data={data} />
        <Page open={open} data={data} />
      </main>
    </>
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

function Page({ open, data }: { open: Section; data: Console }) {
  switch (open) {
    case "requests":
      return <RequestsPage data={data} />;
    case "keys":
      return <KeysPage data={data} />;
    case "accounts":
      return <AccountsPage data={data} />;
    case "prices":
      return <PricesPage data={data} />;
  }
}
