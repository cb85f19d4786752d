/** The lines for each client. Their code is fetched when they are shown, because it covers every client. */
import { type Lazy, lazy } from "../../router/lazy.tsx";
import type { ClientLinesProps } from "./client-lines.tsx";

const part: Lazy<ClientLinesProps> = lazy(() => import("./client-lines.tsx").then(({ ClientLines }) => ClientLines));

export function Connect(props: ClientLinesProps) {
  return <part.Page {...props} />;
}
