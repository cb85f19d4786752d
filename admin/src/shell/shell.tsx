/** The frame around the pages, while one person is signed in. */
import { signal, useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { type AdminClient, ask } from "../api.ts";
import { createConsole } from "../console.ts";
import { keepTimeOf, strings } from "../locale/strings.ts";
import { zoneOf } from "../locale/zone.ts";
import { pageAt } from "../pages/pages.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Toasts } from "../parts/toasts.tsx";
import { Trouble } from "../parts/trouble.tsx";
import type { Problem } from "../problem.ts";
import type { Router } from "../router/router.ts";
import type { Session } from "../session.ts";
import { Bar } from "./bar.tsx";
import { BottomTabs } from "./bottom-tabs.tsx";
import { createPaletteSwitch, PaletteHost } from "./palette-host.tsx";
import { narrow, Rail } from "./rail.tsx";

/** Loaded after the first paint, and ignored if it cannot be fetched: it nearly always has nothing to say. */
const banner = signal<{ Outage: ComponentType<Pick<Props, "client" | "router">> } | null>(null);

interface Props {
  client: AdminClient;
  session: Session;
  router: Router;
  username: string;
}

export function Shell({ client, session, router, username }: Props) {
  const data = useMemo(() => createConsole(client), [client]);
  const palette = useMemo(createPaletteSwitch, []);
  const problem = useSignal<Problem | null>(null);
  const open = pageAt(router.path.value);
  const name = open?.page.name;
  const crumb = data.crumb.value;

  useEffect(() => {
    data.notice.value = null;
    problem.value = null;
  }, [name, data.notice, problem]);

  useEffect(() => {
    const words = [crumb, name === undefined ? strings.shell.lost : strings.shell[name], strings.product];
    document.title = words.filter((word) => word !== null).join(" · ");
  }, [name, crumb]);

  useEffect(() => data.directory.visit(), [data.directory]);

  useEffect(() => {
    void import("./outage.tsx").then(
      (part) => {
        banner.value = part;
      },
      () => undefined,
    );
  }, []);

  useEffect(() => {
    void ask(client.admin.session.$get()).then((answer) => {
      if (!answer.ok) return;
      const zone = zoneOf(answer.value.timezone_offset_hours);
      keepTimeOf(zone);
      // A page that is shown already is rendered again only if its times would read differently.
      if (zone !== zoneOf(-new Date().getTimezoneOffset() / 60)) data.zone.value = zone;
    });
  }, [client, data]);

  async function signOut(): Promise<void> {
    problem.value = await session.signOut();
  }

  return (
    <>
      <button type="button" class="unseen skip" onClick={() => document.getElementById("content")?.focus()}>
        {strings.shell.skip}
      </button>
      <div class={narrow.value ? "shell narrow" : "shell"}>
        <Rail router={router} current={name} />
        <div>
          <Bar
            router={router}
            data={data}
            current={name}
            username={username}
            onFind={palette.show}
            onSignOut={() => void signOut()}
          />
          <main id="content" class="page" tabIndex={-1}>
            {banner.value && <banner.value.Outage client={client} router={router} />}
            <Trouble problem={problem.value} />
            {open ? (
              <open.page.lazy.Page key={data.zone.value} data={data} router={router} match={open.match} />
            ) : (
              <Lost router={router} />
            )}
          </main>
        </div>
      </div>
      <BottomTabs router={router} current={name} />
      <Toasts notice={data.notice} />
      <PaletteHost palette={palette} data={data} router={router} onSignOut={() => void signOut()} />
      <Leaving router={router} />
    </>
  );
}

function Lost({ router }: { router: Router }) {
  return (
    <div class="empty">
      <h1 tabIndex={-1}>{strings.shell.lost}</h1>
      <p>{strings.shell.lostWhy}</p>
      <a class="button" href={router.href("/")}>
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
