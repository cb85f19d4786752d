/** `import` on the command line, against a relay behind a real socket: moved keys work there with their old value. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SYNC, transferred } from "../scripts/relay/import/crs-exports-fixture.ts";
import { digestOf, ENCRYPTION_KEY, IDS, KEYS, REDIS } from "../scripts/relay/import/crs-fixture.ts";
import { CHANNELS, SUB2API_EXPORT, SUB2API_KEYS, TOKENS } from "../scripts/relay/import/other-fixtures.ts";
import { CommandLine } from "./command-line.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

let relay = new RelayUnderTest();
const files = mkdtempSync(join(tmpdir(), "edge-relay-import-"));
let cli: CommandLine;

beforeAll(async () => {
  await relay.start();
  cli = new CommandLine();
});
afterAll(async () => {
  cli.dispose();
  rmSync(files, { recursive: true, force: true });
  await relay.stop();
});

/** The same relay, emptied. */
async function startAnew(): Promise<void> {
  await relay.stop();
  relay = await new RelayUnderTest().start();
}

function file(name: string, content: unknown): string {
  const path = join(files, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const env = () => file(".env", `PORT=3000\nENCRYPTION_KEY='${ENCRYPTION_KEY}'\n`);

interface Counts {
  accounts: number;
  groups: number;
  keys: number;
}
interface Result {
  reports: {
    counts: { what: string; new: number; here: number; waits: number; refused: number }[];
    findings: { outcome: string; what: string; reason: string; of: string[] }[];
    needs: string[];
  }[];
  done: { created: Counts; here: Counts; failed: { about: string; name: string; reason: string }[] }[] | null;
}

interface Listed {
  items: {
    id: string;
    name: string;
    note: string;
    shared: boolean;
    account_ids: string[];
    bound_group_id: string | null;
  }[];
}

/** A client's request, to the upstream that the test answers for. */
const send = (key: string, headers: Record<string, string> = { "x-api-key": key }) =>
  relay.fetch("/api/usage", { headers });

describe("claude-relay-service, whole", () => {
  const dump = () => file("crs.json", REDIS);

  test("first only says what it would do, what does not map, and what it waits for", async () => {
    const { code, out, err } = await cli.run(["import", dump(), "--encryption-key-file", env()]);
    expect([code, err]).toEqual([0, "Nothing was changed. With --yes it is done.\n"]);
    expect(out).toContain("From claude-relay-service");
    expect(out).toMatch(/accounts\s+7\s+0\s+6\s+0/);
    expect(out).toMatch(/keys\s+3\s+0\s+0\s+0/);
    expect(out).toContain("- key Gone: was deleted");
    expect(out).toContain(
      "proxy: a Worker cannot use one: give the account a gateway or a binding instead (egress) (account Max of Alice)",
    );
    expect(out).toContain("weeklyOpusCostLimit: counted Claude's models alone");
    expect(out).toContain("6 accounts are sign-ins to subscriptions.");
    for (const secret of ["sk-ant", "glm-key", "ya29", "AKIA", "fk-one", digestOf(KEYS.alice), ENCRYPTION_KEY]) {
      expect(out + err).not.toContain(secret);
    }
    expect((await relay.admin<Listed>("GET", "/admin/accounts")).items.map(({ name }) => name)).toEqual(["fake"]);
  });

  test("then does it, and the keys work with their old value, under their rules and with what they have spent", async () => {
    const args = [
      "import",
      dump(),
      "--encryption-key-file",
      env(),
      "--accept-terms",
      "--share-sign-ins",
      "--yes",
      "--json",
    ];
    const { code, out, err } = await cli.run(args);
    const [done] = (JSON.parse(out) as Result).done ?? [];
    // Google is asked in which project a sign-in's requests are made, and does not know these tokens.
    expect(done?.failed.map(({ name }) => name).sort()).toEqual(["Antigravity", "Code Assist"]);
    expect(done?.created).toEqual({ accounts: 11, groups: 4, keys: 3 });
    expect(code).toBe(1);
    expect(err).not.toContain("sk-ant");

    expect(await (await send(KEYS.alice)).json()).toMatchObject({ requests: 41, cost_usd: "12.3456789" });
    expect((await send(KEYS.bob)).status).toBe(200);
    expect((await send(KEYS.carol)).status).toBe(401);
    expect((await send(`cr_${"d4".repeat(32)}`)).status).toBe(401);
    // Claude Code is let in, and Alice's own account would be asked; curl is not.
    const refused = await relay.messages(KEYS.alice, { model: "claude-sonnet-4-5" });
    expect([refused.status, await refused.text()]).toEqual([
      403,
      expect.stringContaining("may not be used with this client"),
    ]);

    const { items } = await relay.admin<Listed>("GET", "/admin/accounts");
    const mine = items.find(({ name }) => name === "Max of Alice");
    expect(mine).toMatchObject({ note: `Imported from claude-relay-service: claude ${IDS.claude}`, shared: true });
    const keys = await relay.admin<Listed>("GET", "/admin/api-keys");
    const groups = await relay.admin<Listed>("GET", "/admin/groups");
    const ofAlice = keys.items.find(({ name }) => name === "Alice")?.bound_group_id;
    expect(groups.items.find(({ id }) => id === ofAlice)?.account_ids).toContain(mine?.id);
  });

  test("makes nothing twice: neither again, nor out of another export of the same relay", async () => {
    const again = await cli.run([
      "import",
      dump(),
      "--encryption-key-file",
      env(),
      "--accept-terms",
      "--yes",
      "--json",
    ]);
    const [done] = (JSON.parse(again.out) as Result).done ?? [];
    expect(done?.created).toEqual({ accounts: 0, groups: 0, keys: 0 });
    expect(done?.here).toEqual({ accounts: 11, groups: 4, keys: 3 });
    for (const other of [SYNC, transferred({ decrypted: true })]) {
      const { reports } = await cli.json<Result>("import", file("other.json", other), "--dry-run", "--accept-terms");
      const [accounts] = reports[0]?.counts ?? [];
      expect([accounts?.what, accounts?.new, (accounts?.here ?? 0) > 0]).toEqual([
        "accounts",
        other === SYNC ? 0 : 1,
        true,
      ]);
    }
    expect((await relay.admin<Listed>("GET", "/admin/accounts")).items).toHaveLength(12);
  });

  test("goes on where it broke off", async () => {
    await startAnew();
    const leaving = new AbortController();
    const args = ["import", dump(), "--encryption-key-file", env(), "--yes"];
    const broken = await cli.run(args, {
      signal: leaving.signal,
      onPrint: (text) => {
        if (text.includes("account 3 of")) leaving.abort();
      },
    });
    expect(broken.code).toBe(130);
    expect(broken.err).toContain("Run the same line again: it goes on from there.");
    const before = (await relay.admin<Listed>("GET", "/admin/accounts")).items.length;
    expect(before).toBeGreaterThan(1);
    expect((await relay.admin<Listed>("GET", "/admin/api-keys")).items).toEqual([]);
    const rest = await cli.run([...args, "--json"]);
    const [done] = (JSON.parse(rest.out) as Result).done ?? [];
    expect((done?.created.accounts ?? 0) + (done?.here.accounts ?? 0)).toBe(7);
    expect(done?.here.accounts).toBe(before - 1);
    // Alice's key is bound to a sign-in that waits for a yes, and to ccr's account: that one serves it.
    expect((await send(KEYS.bob)).status).toBe(200);
  });

  test("says which ENCRYPTION_KEY the relay wants, and refuses files that are damaged, before anything is done", async () => {
    const wrong = file("wrong-key", "another-key-another-key-another-k");
    const { out } = await cli.run(["import", dump(), "--encryption-key-file", wrong, "--dry-run"]);
    expect(out).toContain("No key can be imported: the relay's LEGACY_KEY_PEPPER is another text");
    const cut = file("cut.json", JSON.stringify(REDIS).slice(0, -50));
    const damaged = await cli.run(["import", dump(), cut, "--encryption-key-file", env(), "--yes"]);
    expect([damaged.code, damaged.err]).toEqual([2, expect.stringContaining("cut.json is broken off or damaged")]);
    const missing = await cli.run(["import", join(files, "none.json")]);
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining("cannot be read")]);
  });

  test("asks at a terminal, and does nothing without a yes", async () => {
    await startAnew();
    const asked = await cli.run(["import", dump(), "--encryption-key-file", env()], { typed: ["no"] });
    expect([asked.code, asked.err]).toEqual([1, expect.stringContaining("Import this into http://127.0.0.1")]);
    expect(asked.err).toContain("Nothing was changed.");
    expect((await relay.admin<Listed>("GET", "/admin/accounts")).items).toHaveLength(1);
  });
});

describe("the others", () => {
  test("one-api's tokens and sub2api's keys work with their old value, beside their accounts", async () => {
    await startAnew();
    const args = [
      ...["import", file("channels.json", CHANNELS), file("tokens.json", TOKENS)],
      ...[file("sub2api.json", SUB2API_EXPORT), file("sub2api-keys.json", SUB2API_KEYS), "--yes", "--json"],
    ];
    const { code, out, err } = await cli.run(args);
    const { done } = JSON.parse(out) as Result;
    expect([code, err.includes("error"), done?.flatMap(({ failed }) => failed)]).toEqual([0, false, []]);
    expect(done?.map(({ created }) => created)).toEqual([
      { accounts: 7, groups: 2, keys: 3 },
      { accounts: 4, groups: 0, keys: 1 },
    ]);
    const erin = "sk-Jp3Vt8Qz1Wn6Xy5Rb0Lk7Mh2Gd9Fc4SaTeUiOvBwCxDyEzFf";
    const from = (address: string) => ({ "cf-connecting-ip": address });
    const refused = await send(erin, { "x-api-key": erin, ...from("203.0.113.7") });
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining("from this address")]);
    const used = await send(erin, { authorization: `Bearer ${erin}`, ...from("192.168.0.9") });
    expect(await used.json()).toMatchObject({ cost_usd: "1" });
    const dora = SUB2API_KEYS[0]?.key ?? "";
    expect(await (await send(dora, { "x-api-key": dora, ...from("10.1.2.3") })).json()).toMatchObject({
      cost_usd: "12.5",
    });
    // Without sk- before it a key is another text.
    expect((await send(erin.slice(3))).status).toBe(401);

    // On the command line a moved key is named by itself, too; and one that nobody knows is not printed again.
    const edited = await cli.run(["keys", "edit", erin, "--set", "owner=erin"]);
    expect(edited).toMatchObject({ code: 0, out: "Erin is changed.\n" });
    const unknown = `${erin}X`;
    const strange = await cli.run(["keys", "rm", unknown, "--yes"]);
    expect(strange).toMatchObject({ code: 1, err: expect.stringContaining("There is no key of that name or value.") });
    expect(strange.err).not.toContain(unknown);
  });

  test("a request under a moved key is relayed and booked as under any other", async () => {
    await startAnew();
    const key = "sk-moved-key-0123456789abcdef";
    const token = { ...TOKENS[1], id: 9, name: "moved", key: key.slice(3) };
    expect((await cli.run(["import", file("one.json", [token]), "--yes"])).code).toBe(0);
    relay.upstream.behave({ headers: { "content-type": "application/json" }, chunks: [ANSWER] });
    const response = await relay.messages(key);
    expect(response.status).toBe(200);
    await response.text();
    await expect
      .poll(async () => (await (await send(key)).json()) as object)
      .toMatchObject({ requests: 1, output_tokens: 2 });
  });
});

const ANSWER = JSON.stringify({
  ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-4-5", stop_reason: "end_turn" },
  ...{ content: [{ type: "text", text: "OK" }], usage: { input_tokens: 3, output_tokens: 2 } },
});
