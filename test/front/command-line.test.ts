/** The command line against a real relay: signing in, what it keeps, how it fails. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../scripts/start/ports.ts";
import { CommandLine } from "./command-line.ts";
import { ADMIN_PASSWORD, RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const lines: CommandLine[] = [];
/** Somebody who has nothing yet. */
function stranger(env: Record<string, string> = {}): CommandLine {
  const line = new CommandLine(env);
  lines.push(line);
  return line;
}

beforeAll(() => relay.start());
afterAll(async () => {
  for (const line of lines) line.dispose();
  await relay.stop();
});

const file = (line: CommandLine) => join(line.home, ".config/edge-relay/credentials.json");

describe("setup", () => {
  it("asks for name and password, signs in, keeps a session that only its owner may read, and the next verb uses it", async () => {
    const line = stranger();
    const done = await line.run(["setup", relay.url], { typed: [ADMIN_PASSWORD] });
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining(`Signed in to ${relay.url} as admin.`) });
    expect(done.out + done.err).not.toContain(ADMIN_PASSWORD);
    expect(statSync(file(line)).mode & 0o777).toBe(0o600);
    expect(statSync(join(line.home, ".config/edge-relay")).mode & 0o777).toBe(0o700);
    expect(readFileSync(file(line), "utf8")).not.toContain(ADMIN_PASSWORD);

    const status = await line.json<{ url: string; system: { version: string } }>("status");
    expect(status).toMatchObject({ url: relay.url, system: { version: "0.1.0" } });
  });

  it("takes the relay of a clone's npm start without a word typed", async () => {
    const line = stranger({ PORT: new URL(relay.url).port });
    writeFileSync(join(line.home, ".dev.vars"), `ADMIN_PASSWORD="${ADMIN_PASSWORD}"\n`);
    expect(await line.run(["status"])).toMatchObject({ code: 0, out: expect.stringContaining(relay.url) });
    expect(await line.run(["setup"])).toMatchObject({ code: 0, err: "" });
  });

  it("takes the origin of a client's base URL, and says so", async () => {
    const line = stranger();
    const done = await line.run(["setup", `${relay.url}/api/v1`, "--password-stdin"], { stdin: `${ADMIN_PASSWORD}\n` });
    expect(done).toMatchObject({ code: 0, err: expect.stringContaining("/api/v1 is for clients") });
  });
});

describe("a line that cannot work", () => {
  it("ends with 2 where it makes no sense, and says what there is", async () => {
    const line = stranger();
    const unknown = await line.run(["statsu"]);
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain("Did you mean status?");
    expect((await line.run([])).code).toBe(2);
    expect(await line.run(["status", "--url", `${relay.url}/v1`])).toMatchObject({
      code: 2,
      err: expect.stringContaining(`Give ${relay.url} alone`),
    });
    expect((await line.run(["status", "--url", "http://relay.example.com"])).err).toContain(
      "Use https://relay.example.com",
    );
    expect((await line.run(["status", "--profile", "home"])).err).toContain("There is no profile home.");
  });

  it("is told as JSON where results are, also where it makes no sense", async () => {
    const line = stranger();
    const { code, out, err } = await line.run(["status", "--json", "--quick"]);
    expect([code, out]).toEqual([2, ""]);
    expect(JSON.parse(err)).toEqual({
      error: { type: "usage", cause: null, message: "unknown option '--quick'", advice: expect.any(String) },
    });
  });

  it("names two relays, and neither is asked", async () => {
    const line = stranger();
    const profiles = { home: { url: relay.url, username: "admin" } };
    mkdirSync(dirname(file(line)), { recursive: true });
    writeFileSync(file(line), JSON.stringify({ current: "home", profiles, sessions: {} }));
    const both = await line.run(["status", "--profile", "home", "--url", "https://relay.example.com"]);
    expect(both).toMatchObject({ code: 2, out: "", err: expect.stringContaining("and --url another relay") });
    // The same relay twice is no contradiction.
    expect((await line.run(["status", "--profile", "home", "--url", `${relay.url}/`])).code).toBe(3);
  });

  it("waits for a pipe, and ends with 130 when it is stopped", async () => {
    const line = stranger();
    const stop = new AbortController();
    // A pipe that nothing comes through: what is typed needs a question, and there is none.
    const waiting = line.run(["setup", relay.url, "--password-stdin"], { typed: [], signal: stop.signal });
    setTimeout(() => stop.abort(), 300);
    expect(await waiting).toMatchObject({ code: 130, out: "", err: "error: Stopped.\n" });
  });

  it("ends with 3 where nobody is signed in, with a wrong password, and with a token that is none", async () => {
    const url = { EDGE_RELAY_URL: relay.url };
    expect(await stranger(url).run(["status"])).toMatchObject({ code: 3, out: "" });
    const wrong = await stranger({ ...url, EDGE_RELAY_PASSWORD: "a wrong one" }).run(["status"]);
    expect(wrong).toMatchObject({ code: 3, err: expect.stringContaining("Wrong username or password") });
    const token = await stranger({ ...url, EDGE_RELAY_TOKEN: "none" }).run(["status", "--json"]);
    expect(token.code).toBe(3);
    expect(JSON.parse(token.err)).toMatchObject({ error: { type: "notSignedIn", cause: "not_signed_in" } });
  });

  it("ends with 4 where nobody listens", async () => {
    const port = await freePort();
    const ran = await stranger({ EDGE_RELAY_URL: `http://127.0.0.1:${port}`, EDGE_RELAY_PASSWORD: "any" }).run([
      "status",
    ]);
    expect(ran).toMatchObject({ code: 4, err: expect.stringContaining(`Nobody listens at 127.0.0.1:${port}.`) });
  });

  it("leaves a damaged file of credentials as it is", async () => {
    const line = stranger();
    await line.run(["setup", relay.url], { typed: [ADMIN_PASSWORD] });
    writeFileSync(file(line), "{");
    const ran = await line.run(["status"]);
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining("credentials.json cannot be read") });
    expect(readFileSync(file(line), "utf8")).toBe("{");
  });
});

it("works where no file can be written, as in a container, and says that the session is not kept", async () => {
  const line = stranger({
    ...{ EDGE_RELAY_URL: relay.url, EDGE_RELAY_PASSWORD: ADMIN_PASSWORD, XDG_CONFIG_HOME: "/dev/null/none" },
  });
  const done = await line.run(["status", "--json"]);
  expect([done.code, JSON.parse(done.out)]).toEqual([0, expect.objectContaining({ url: relay.url })]);
  expect(done.err).toMatch(/^The session is not kept: \/dev\/null\/none.* cannot be written: .*\n$/);
});

it("opens a session anew by itself when the one that it kept was ended elsewhere", async () => {
  const line = stranger({ EDGE_RELAY_URL: relay.url, EDGE_RELAY_PASSWORD: ADMIN_PASSWORD });
  await line.json("status");
  await relay.sql("DELETE FROM admin_sessions WHERE id = (SELECT max(id) FROM admin_sessions)");
  await line.json("status");
});
