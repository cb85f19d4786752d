/** The relay's permission to back up or to restore. It is given for the password; a session alone is not enough. */
import type { PermitView } from "../../../src/admin/backup/schema.ts";
import type { Extra } from "../../../src/backup/parts.ts";
import { ask } from "../client.ts";
import { failed, type Outcome } from "../failure.ts";
import type { Relay } from "../relay-session.ts";
import type { Cli } from "../verb.ts";

type Purpose = { purpose: "backup"; public_key: string; with: Extra[] } | { purpose: "restore" };

export async function askForPermit(cli: Cli, relay: Relay, purpose: Purpose): Promise<Outcome<PermitView>> {
  const connection = cli.connection();
  if (!connection.ok) return connection;
  const { username, url, password: known } = connection.value;
  const password =
    known === null ? await typedPassword(cli, `${username} at ${url}`) : { ok: true as const, value: known };
  if (!password.ok) return password;
  return ask(relay.client.admin.backup.permits.$post({ json: { ...purpose, password: password.value } }));
}

async function typedPassword({ prompts }: Cli, whose: string): Promise<Outcome<string>> {
  if (prompts.possible) return prompts.secret(`Password of ${whose}, once more: `);
  const advice = "A session alone may not take the relay's secrets along. Set EDGE_RELAY_PASSWORD.";
  return failed("notSignedIn", "There is no password.", advice);
}

const TRIES = 4;
const PAUSE_MS = 1_000;

/** Repeats a request that may be repeated if a relay or one of its objects did not answer. */
export async function askPatiently<Value>(
  signal: AbortSignal,
  once: () => Promise<Outcome<Value>>,
): Promise<Outcome<Value>> {
  for (let tried = 1; ; tried++) {
    const answer = await once();
    const isTransient =
      !answer.ok && (answer.refusal.exit === "unreachable" || /did not answer/.test(answer.refusal.message));
    if (!isTransient || tried === TRIES || signal.aborted) return answer;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tried));
  }
}
