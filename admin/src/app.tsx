/** The page: sign-in or the console, by what the session says. */
import type { AdminClient } from "./api.ts";
import { SignIn } from "./pages/sign-in.tsx";
import { Waiting } from "./pages/waiting.tsx";
import type { Router } from "./router/router.ts";
import type { Session } from "./session.ts";
import { Shell } from "./shell/shell.tsx";

interface Props {
  client: AdminClient;
  session: Session;
  router: Router;
}

export function App({ client, session, router }: Props) {
  const state = session.state.value;
  switch (state.is) {
    case "checking":
      return <Waiting />;
    case "unreachable":
      return <Waiting problem={state.problem} onRetry={session.check} />;
    case "signed-out":
      return <SignIn session={session} expired={state.expired} />;
    case "signed-in":
      return <Shell client={client} session={session} router={router} username={state.username} />;
  }
}
