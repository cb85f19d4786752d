/** Entry of the console: makes the client and the session, and mounts the page. */
import { render } from "preact";
import { createClient } from "./api.ts";
import { App } from "./app.tsx";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/tables.css";
import "./styles/parts.css";
import "./styles/choosing.css";
import "./styles/overlays.css";
import { locale } from "./locale/strings.ts";
import { isOver, pageAt } from "./pages/pages.ts";
import { createRouter } from "./router/router.ts";
import { createSession } from "./session.ts";

const router = createRouter(import.meta.env.BASE_URL.replace(/\/$/, ""), window, isOver);
const client = createClient(location.origin, () => session.ended());
const session = createSession(client, router.unsaved);
const root = document.getElementById("console");
if (!root) throw new Error("index.html has no #console");

document.documentElement.lang = locale;
render(<App client={client} session={session} router={router} />, root);
// Fetch the code of the page that will be shown, while the relay is asked who is signed in.
void pageAt(router.path.value)?.page.lazy.fetch();
