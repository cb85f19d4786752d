/** `setup`: which relay to use, and as whom. Signs in once and keeps that as a profile. For the relay of `npm start` nothing is typed. */
import { object, parse } from "../../../src/ground/json.ts";
import { diagnosis } from "../answer.ts";
import { type Connection, findConnection, isLoopback, localUrl, originOf } from "../connection.ts";
import { changeStored, credentialPath, type Profile, type ServiceToken } from "../credential-file.ts";
import { failed, type Outcome } from "../failure.ts";
import { request, signIn } from "../relay-session.ts";
import type { System } from "../system.ts";
import type { Cli, Verb } from "../verb.ts";

interface Options {
  name?: string | undefined;
  username?: string | undefined;
  passwordStdin?: true | undefined;
  savePassword?: true | undefined;
  accessId?: string | undefined;
  accessSecret?: string | undefined;
}

export const setup: Verb = {
  name: "setup",
  summary: "signs in to a relay and keeps it as a profile; without an address to the one of `npm start`",
  define(command, run) {
    command
      .argument("[url]", "the relay's address")
      .option("--name <profile>", "what to call it (its host)")
      .option("--username <name>", "who signs in (admin)")
      .option("--password-stdin", "read the password from stdin instead of asking")
      .option(
        "--save-password",
        "keep the password too: sessions, which last 12 hours, are then opened anew by themselves",
      )
      .option("--access-id <id>", "the client id of a service token of Cloudflare Access")
      .option("--access-secret <secret>", "its client secret; better set as CF_ACCESS_CLIENT_SECRET")
      .action((typed, options) => run((cli) => setUp(cli, typed ?? cli.where.url, options)));
  },
};

async function setUp(cli: Cli, typed: string | undefined, options: Options): Promise<Outcome> {
  const { system, output } = cli;
  const url = typed === undefined ? await chosenUrl(cli) : withoutPath(cli, typed);
  if (!url.ok) return url;
  const found = findConnection(system, { url: url.value });
  if (!found.ok) return found;
  const access = accessOf(options, system) ?? found.value.access;
  const connection = { ...found.value, access, username: options.username ?? found.value.username };
  const relay = await lookFor(system, connection);
  if (!relay.ok) return relay;

  const password = await passwordOf(cli, connection, options.passwordStdin === true);
  if (!password.ok) return password;
  const session = await signIn(system, connection, password.value);
  if (!session.ok) return session;

  const name = options.name ?? new URL(url.value).host;
  const profile: Profile = {
    url: url.value,
    username: connection.username,
    ...(options.savePassword && { password: password.value }),
    ...(access && { access }),
  };
  const kept = changeStored(system, (stored) => ({
    ...stored,
    current: name,
    profiles: { ...stored.profiles, [name]: profile },
  }));
  if (!kept.ok) return kept;
  const file = credentialPath(system);
  const done = { profile: name, url: url.value, username: connection.username, console: `${url.value}/web/`, file };
  output.result(done, () => `Signed in to ${url.value} as ${connection.username}.\nKept as ${name} in ${file}.`);
  return { ok: true, value: done };
}

/** The relay of `npm start` if it runs; otherwise a person is asked. */
async function chosenUrl({ system, prompts }: Cli): Promise<Outcome<string>> {
  const url = system.env.EDGE_RELAY_URL || localUrl(system.env);
  if (system.env.EDGE_RELAY_URL || !prompts.possible || (await lookFor(system, { url, access: null })).ok)
    return originOf(url);
  const typed = await prompts.text("The relay's address, such as https://relay.example.com: ");
  return typed.ok ? originOf(typed.value) : typed;
}

/** People paste the base URLs of their clients. */
function withoutPath({ output }: Cli, typed: string): Outcome<string> {
  const url = URL.parse(/^[a-z]+:\/\//i.test(typed) ? typed : `https://${typed}`);
  if (url && url.pathname !== "/") output.note(`Taking ${url.origin}; ${url.pathname} is for clients.`);
  return originOf(url?.origin ?? typed);
}

/** Whether a relay is there. The Worker itself answers `/health`, for anybody. */
async function lookFor(system: System, to: Pick<Connection, "url" | "access">): Promise<Outcome<null>> {
  const response = await request(system, to, "/health").then(
    (value) => ({ ok: true as const, value }),
    (error) => ({ ok: false as const, refusal: error.failure }),
  );
  if (!response.ok) return response;
  const { url, status, headers } = response.value;
  const body = await response.value.text();
  if (response.value.ok && object(parse(body))?.status === "ok") return { ok: true, value: null };
  return { ok: false, refusal: diagnosis({ url, status, headers, body }) };
}

async function passwordOf({ prompts }: Cli, connection: Connection, piped: boolean): Promise<Outcome<string>> {
  if (piped) {
    const read = await prompts.piped();
    if (!read.ok) return read;
    const password = read.value.replace(/\r?\n$/, "");
    return password === "" ? failed("usage", "No password came from stdin.") : { ok: true, value: password };
  }
  if (connection.password !== null) return { ok: true, value: connection.password };
  if (prompts.possible) return prompts.secret(`Password of ${connection.username} at ${connection.url}: `);
  const where = isLoopback(connection.url)
    ? "`npm start` writes it to .dev.vars."
    : "It was set as the secret ADMIN_PASSWORD.";
  return failed(
    "notSignedIn",
    "There is no password.",
    `${where} Pipe it in with --password-stdin, or set EDGE_RELAY_PASSWORD.`,
  );
}

function accessOf({ accessId, accessSecret }: Options, { env }: System): ServiceToken | null {
  const secret = accessSecret ?? env.CF_ACCESS_CLIENT_SECRET;
  return accessId && secret ? { id: accessId, secret } : null;
}
