/** Entry of the console: makes the client and the session, and mounts the page. */
import { render } from "preact";
import { createClient } from "./api.ts";
import { App } from "./app.tsx";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/frame.css";
import "./styles/lines.css";
import "./styles/tables.css";
import { createSection } from "./router/section.ts";
import { createSession } from "./session.ts";

const client = createClient(location.origin, () => session.ended());
const session = createSession(client);
const root = document.getElementById("console");
if (!root) throw new Error("index.html has no #console");

render(<App client={client} session={session} section={createSection()} />, root);
void session.check();
