/** The whole page: that of a key's holder, who does not sign in; otherwise sign-in or the console, according to the session. */
import { useEffect } from "preact/hooks";
import type { AdminClient } from "./api.ts";
import { HOLDER_PATH, holderPage } from "./pages/pages.ts";
import { SignIn, SignInAgain } from "./pages/sign-in.tsx";
import { Waiting } from "./pages/waiting.tsx";
import type { Router } from "./router/router.ts";
import type { Session } from "./session.ts";
import { Shell } from "./shell/shell.tsx";

interface Props {
  client: AdminClient;
  session: Session;
  router: Router;
}

export function App(props: Props) {
  return props.router.path.value === HOLDER_PATH ? <holderPage.Page /> : <Console {...props} />;
}

function Console({ client, session, router }: Props) {
  useEffect(() => void session.check(), [session]);
  const state = session.state.value;
  switch (state.is) {
    case "checking":
      return <Waiting />;
    case "unreachable":
      return <Waiting problem={state.problem} onRetry={session.check} />;
    case "signed-out":
      return <SignIn session={session} expired={state.expired} />;
    case "signed-in":
    case "lapsed":
      return (
        <>
          <Shell key={state.username} client={client} session={session} router={router} username={state.username} />
          {state.is === "lapsed" && <SignInAgain session={session} />}
        </>
      );
  }
}
