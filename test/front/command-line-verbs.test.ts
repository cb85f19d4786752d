/** Every verb of the command line against a real relay, as somebody would type it. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAuthorizationServer } from "../browser/authorization-server.ts";
import { CommandLine } from "./command-line.ts";
import { streamOf } from "./messages.ts";
import { ownRelay } from "./own-relay.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const line = new CommandLine();

beforeAll(async () => {
  await relay.start();
  relay.upstream.behave({ headers: { "content-type": "text/event-stream" }, chunks: streamOf(["OK"]) });
});
afterAll(async () => {
  line.dispose();
  await relay.stop();
});

/** A request of a client's, answered to its end. */
async function request(key: string): Promise<void> {
  const response = await relay.messages(key, { stream: true });
  expect(response.status).toBe(200);
  await response.text();
}

const SECRET = "sk-provider-secret";

describe("accounts", () => {
  it("adds one with a key that came through a pipe, tests, resets and removes it; the key is shown nowhere", async () => {
    const { base_url: address } = await firstAccount();
    const added = await line.run(
      [
        "accounts",
        "add",
        "--name",
        "second",
        "--platform",
        "anthropic",
        "--base-url",
        address,
        "--key-stdin",
        "--set",
        "priority=7",
      ],
      { stdin: `${SECRET}\n` },
    );
    expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/^second is added, as acc_[0-9a-f]{32}\.\n$/) });

    const listed = await line.run(["accounts", "list"]);
    expect(listed.out).toMatch(/^name +platform +kind +status .*\nsecond +anthropic +api-key +untested .* 7 .*\nfake /);
    const tested = await line.run(["accounts", "test", "second", "--model", "claude-haiku-4-5"]);
    expect(tested).toMatchObject({
      code: 0,
      out: expect.stringMatching(/Asked for claude-haiku-4-5\.\n.*\n….* works +200/),
    });
    expect((await line.run(["accounts", "reset", "second"])).out).toBe("Nothing is held against second any more.\n");

    const kept = await line.run(["accounts", "rm", "second"], { typed: ["n"] });
    expect(kept).toMatchObject({ code: 1, err: expect.stringContaining("second stays.") });
    expect((await line.run(["accounts", "rm", "second", "--yes"])).out).toBe("second is removed.\n");
    expect((await line.run(["accounts", "test", "second"])).err).toContain("There is no account second.");
    expect(JSON.stringify([added, listed, tested])).not.toContain(SECRET);
  });

  it("says which key of an account fails, and ends with 1", async () => {
    const { base_url } = await firstAccount();
    const body = {
      name: "refused",
      platform: "anthropic",
      kind: "api-key",
      base_url,
      api_keys: ["sk-provider-one-that-is-good", "sk-provider-one-that-is-bad!"],
    };
    await relay.admin("POST", "/admin/accounts", body);
    relay.upstream.behave(({ headers }) =>
      headers.authorization === "Bearer sk-provider-one-that-is-bad!"
        ? {
            status: 401,
            chunks: ['{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}'],
          }
        : { headers: { "content-type": "text/event-stream" }, chunks: streamOf(["OK"]) },
    );
    const tested = await line.run(["accounts", "test", "refused"]);
    expect(tested).toMatchObject({ code: 1, out: expect.stringMatching(/…good +works +200 .*\n…bad! +fails +401 /) });
    relay.upstream.behave({ headers: { "content-type": "text/event-stream" }, chunks: streamOf(["OK"]) });
    await line.run(["accounts", "rm", "refused", "--yes"]);
  });

  it("names the field that the relay refuses, and ends with 2", async () => {
    const args = ["accounts", "add", "--name", "x", "--platform", "nobody", "--key-env", "KEY"];
    expect(await line.run(args, { env: { KEY: SECRET } })).toMatchObject({
      code: 2,
      err: expect.stringContaining("platform"),
    });
    expect((await line.run(["accounts", "add", "--set", "priority"])).err).toContain("priority is not field=value.");
  });

  it("signs in with a code that is pasted, once the terms were accepted", async () => {
    const provider = await startAuthorizationServer(ownRelay().signIns);
    try {
      const refused = await line.run(["accounts", "login", "claude", "--name", "mine"], { typed: ["n"] });
      expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was added.") });

      const signedIn = await line.run(["accounts", "login", "claude", "--name", "mine"], {
        typed: ["y", (printed) => codeAt(/http:\S+\/oauth\/authorize\S+/.exec(printed)?.[0] ?? "")],
      });
      expect(signedIn).toMatchObject({ code: 0, out: expect.stringContaining("mine is signed in, as acc_") });
      expect(signedIn.err).not.toContain("sk-ant-");
    } finally {
      provider.closeAllConnections();
      provider.close();
    }
  });

  it("signs in with a code that is entered at the provider's page, and asks until it was", async () => {
    let polled = 0;
    const provider = createServer(async (request, response) => {
      const device = request.url === "/device";
      // Keepers of files that came before renew their tokens at the same address.
      const polls = (await text(request)).includes("device_code");
      if (!device && polls) polled++;
      const entered = polls && polled > 1;
      response.writeHead(device || entered ? 200 : 400, { "content-type": "application/json" });
      const answer = device
        ? {
            device_code: "d",
            user_code: "ABCD-EFGH",
            verification_uri: "https://factory.test/device",
            expires_in: 300,
            interval: 1,
          }
        : entered
          ? { access_token: "access", refresh_token: "refresh", expires_in: 28_800, token_type: "Bearer" }
          : { error: "authorization_pending" };
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) =>
      provider.listen(Number(new URL(ownRelay().signIns).port), "127.0.0.1", resolve),
    );
    try {
      const signedIn = await line.run(["accounts", "login", "droid", "--name", "factory", "--accept-terms"]);
      expect(signedIn).toMatchObject({ code: 0, out: expect.stringContaining("factory is signed in") });
      expect(signedIn.err).toContain("Open https://factory.test/device and enter ABCD-EFGH");
      expect(polled).toBe(2);
    } finally {
      provider.closeAllConnections();
      provider.close();
      for (const name of ["mine", "factory"]) await line.run(["accounts", "rm", name, "--yes"]);
    }
  });
});

describe("keys", () => {
  it("are created, listed, edited, revealed and stopped; what stdout has of a new one is the key alone", async () => {
    const limits = ["--set", "daily_cost_limit_usd=5", "--set", 'tags=["team"]'];
    const created = await line.run(["keys", "create", "alice", ...limits]);
    expect(created).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/^cr_[0-9a-f]{64}\n$/) });
    const key = created.out.trim();
    await request(key);

    expect((await line.run(["keys", "list", "--tag", "team"])).out).toMatch(/^name +state .*\nalice +active /);
    const edited = ["keys", "edit", "alice", "--set", "concurrency_limit=2", "--unset", "daily_cost_limit_usd"];
    expect(await line.json(...edited)).toMatchObject({ concurrency_limit: 2, daily_cost_limit_usd: null });
    expect((await line.run(["keys", "reveal", "alice"])).out).toBe(`${key}\n`);
    // By the key itself, too.
    expect((await line.run(["keys", "rm", key], { typed: ["y"] })).out).toBe("alice is stopped.\n");
    expect((await relay.messages(key)).status).toBe(401);
  });

  it("of one name are not confused", async () => {
    const [one, other] = [await relay.makeKey({ name: "twin" }), await relay.makeKey({ name: "twin" })];
    const ran = await line.run(["keys", "rm", "twin", "--yes"]);
    expect(ran.code).toBe(2);
    for (const { id } of [one, other]) expect(ran.err).toContain(id);
    expect((await line.run(["keys", "rm", one.id, "--yes"])).code).toBe(0);
    expect((await line.run(["keys", "edit", "nobody", "--set", "enabled=false"])).err).toContain(
      "There is no key nobody.",
    );
    expect((await line.run(["keys", "edit", "twin"])).err).toContain("Nothing is to be changed.");
  });
});

describe("figures and the log", () => {
  it("usage sums up by what is asked for, with a total; requests lists what there was", async () => {
    const { api_key, id } = await relay.makeKey({ name: "used" });
    await request(api_key);
    await relay.rows(id, 1);
    const usage = await line.run(["usage", "--by", "key", "--then-by", "model", "--key", "used", "--from", "24h"]);
    expect(usage.out).toMatch(/^key +model +requests .*\nused +claude-sonnet-4-5 +1 .*\ntotal +- +1 .*\$0\./);
    const [logged] = await line.json<{ key_id: string; status: number }[]>("requests", "--key", "used");
    expect(logged).toMatchObject({ key_id: id, status: 200 });
    expect((await line.run(["requests", "--key", "used"])).out).toMatch(
      / {2}200 {2}completed {2}anthropic {2}.*claude-sonnet-4-5 /,
    );
    expect(await line.run(["usage", "--from", "yesterday"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("24h, 7d"),
    });
    expect(await line.run(["usage", "--by", "colour"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("group_by"),
    });
  });

  it("requests --follow prints what comes, a line each, and ends well when it is stopped", async () => {
    const { api_key, id } = await relay.makeKey({ name: "followed" });
    const stop = new AbortController();
    let printed = "";
    const followed = line.run(["requests", "--follow", "--key", "followed", "--json"], {
      signal: stop.signal,
      onPrint: (text) => {
        printed += text;
        if (printed.split("\n").length > 2) stop.abort();
      },
    });
    for (let sent = 0; sent < 2; sent++) await request(api_key);
    const { code, out, err } = await followed;
    expect([code, err]).toEqual([0, ""]);
    const lines = out
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(lines.map(({ key_id, model }) => [key_id, model])).toEqual(Array(2).fill([id, "claude-sonnet-4-5"]));
  });

  it("status tells what runs and what is wrong with what", async () => {
    const ran = await line.run(["status"]);
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/^relay +http:\/\/127\.0\.0\.1:\d+, version 0\.1\.0$/m);
    expect(ran.out).toMatch(/^last 24 hours +\d+ requests, \$/m);
    expect(ran.out).toMatch(/^d1 rows +[\d,]+ of 100,000/m);
  });
});

describe("who serves", () => {
  it("route tells each account, and why not; test asks for real, and leaves no key behind", async () => {
    await relay.makeKey({ name: "router", denied_models: ["claude-opus-*"] });
    expect((await line.run(["route", "claude-sonnet-4-5", "--key", "router"])).out).toMatch(
      /^POST \/v1\/messages\n.*would let it in.*\n\n.*\n1 +fake +anthropic +api-key +claude-sonnet-4-5 \(anthropic\)/,
    );
    expect((await line.run(["route", "claude-opus-4-1", "--key", "router"])).out).toContain(
      "The key would be refused, 404",
    );
    expect((await line.run(["route", "claude-opus-4-1"])).code).toBe(2);

    const tested = await line.run(["test"]);
    expect(tested).toMatchObject({ code: 0 });
    expect(tested.out).toMatch(/\nanthropic +works +claude-\S+ +fake +200 +\d+ ms +\d+ ms +OK\n$/);
    const { items } = await relay.admin<{ items: { name: string }[] }>("GET", "/admin/api-keys?search=edge-relay");
    expect(items).toEqual([]);
  });

  it("test says what the relay answers where nobody serves, and ends with 1", async () => {
    relay.upstream.behave({
      status: 400,
      chunks: ['{"type":"error","error":{"type":"invalid_request_error","message":"no such model"}}'],
    });
    const tested = await line.run(["test", "--platform", "anthropic", "--model", "claude-none"]);
    expect(tested).toMatchObject({
      code: 1,
      out: expect.stringMatching(/anthropic +fails +claude-none .*no such model/),
    });
    expect((await line.run(["test", "--platform", "gemini"])).err).toContain("There are no accounts to test.");
    relay.upstream.behave({ headers: { "content-type": "text/event-stream" }, chunks: streamOf(["OK"]) });
  });
});

it("reseal says under which key everything is; what is sealed under the newest stays", async () => {
  const sealed = await line.run(["reseal", "--step", "2"]);
  expect(sealed.code).toBe(0);
  expect(sealed.out).toMatch(/^credentials +\S+ +newest +1$/m);
  expect(sealed.err).toMatch(/Sealed anew: 0; could not be: 0; to go: 0\./);
  expect((await line.run(["reseal", "--check"])).out).toBe(sealed.out);
  expect(await line.run(["reseal", "--cursor", "none"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("cursor"),
  });
});

it("reseal that is stopped says how to go on, goes on there, and names what it cannot open", async () => {
  // As if they were sealed under a key that is not listed.
  await relay.sql("UPDATE api_keys SET sealed = substr(sealed, 1, 3) || 'elsewher' || substr(sealed, 12)");
  const [keys] = await relay.sql<{ count: number }>("SELECT count(*) AS count FROM api_keys");
  const stop = new AbortController();
  const onPrint = (text: string) => {
    if (text.startsWith("Sealed anew")) stop.abort();
  };
  const stopped = await line.run(["reseal", "--step", "1"], { signal: stop.signal, onPrint });
  expect(stopped.code).toBe(130);
  expect(stopped.err).toContain(`Sealed anew: 0; could not be: 1; to go: ${Number(keys?.count) - 1}.`);
  const cursor = /Go on with: edge-relay reseal --cursor (\S+)/.exec(stopped.err)?.[1] ?? "";
  const done = await line.run(["reseal", "--cursor", cursor]);
  expect(done).toMatchObject({ code: 1, err: expect.stringContaining(`could not be: ${keys?.count}; to go: 0.`) });
  expect(done.err).toMatch(/Not sealed anew: api_keys of [0-9a-f]{32} \(unknown_key\)\./);
});

/** What a browser would show at the end of the sign-in. */
async function codeAt(page: string): Promise<string> {
  return /<pre>(.*)<\/pre>/.exec(await (await fetch(page)).text())?.[1] ?? "";
}

async function firstAccount(): Promise<{ base_url: string }> {
  const { items } = await relay.admin<{ items: { base_url: string }[] }>("GET", "/admin/accounts?search=fake");
  const [account] = items;
  if (!account) throw new Error("The relay has no account");
  return account;
}
