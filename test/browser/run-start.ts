/**
 * Walks from an empty relay to the first request of a client, and of a second one. The relay must have been started with
 * EDGE_RELAY_EMPTY=1; the walk fills it.
 *
 *   CONSOLE_URL=http://127.0.0.1:8787 ADMIN_USERNAME=admin ADMIN_PASSWORD=… node test/browser/run-start.ts
 */
import { walkThrough } from "./browser.ts";
import { signIn } from "./walk.ts";
import { setUpAnother, setUpFirst } from "./walk-start.ts";

await walkThrough(async (walk) => {
  await signIn(walk);
  if (walk.checks.failed > 0) return;
  await setUpFirst(walk);
  await setUpAnother(walk);
});
