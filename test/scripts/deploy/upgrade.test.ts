/** A relay that runs: a domain, upgrades with and without migrations, a version that does not pass, and the way back. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Place, place } from "./deploying.ts";

const PATIENCE_MS = 900_000;

describe("npm run deploy on a relay that runs", { timeout: PATIENCE_MS }, () => {
  let there: Place;
  const worker = () => {
    const found = there.cloudflare.account.workers.get("edge-relay");
    if (!found) throw new Error("no Worker");
    return found;
  };
  const newest = () => worker().versions.at(-1)?.id ?? "";
  /** Shares of the last deployments, the newest first. */
  const shares = (count: number) =>
    worker()
      .deployments.slice(0, count)
      .map(({ versions }) =>
        Object.fromEntries(versions.map(({ version_id, percentage }) => [version_id, percentage])),
      );
  const migration = (name: string, sql: string) => writeFileSync(join(there.root, "migrations", name), sql);
  const tables = async () => {
    const [rows] = (await there.cloudflare.account.databases[0]?.query("SELECT name FROM sqlite_master", [])) ?? [];
    return rows?.map(({ name }) => name);
  };

  beforeAll(async () => {
    there = await place();
    const { code, errors } = await there.deploy();
    expect(code, errors).toBe(0);
  }, PATIENCE_MS);
  afterAll(() => there.close());

  it("takes no domain from a DNS record that is there, and says how it would", async () => {
    there.cloudflare.account.dnsRecords = ["relay.example.com"];
    const { code, errors } = await there.deploy(["--domain", "Relay.Example.com"]);
    expect(code).toBe(1);
    expect(errors).toContain("relay.example.com is taken: There is a DNS record of that name already.");
    expect(errors).toContain("--replace-dns");
    expect([there.cloudflare.account.domains, worker().workersDev]).toEqual([[], true]);
  });

  it("takes the remembered domain once it is free, and closes the workers.dev address", async () => {
    there.cloudflare.account.dnsRecords = [];
    const { code, errors } = await there.deploy();
    expect(code, errors).toBe(0);
    expect(there.cloudflare.account.domains).toMatchObject([{ hostname: "relay.example.com", service: "edge-relay" }]);
    expect(worker().workersDev).toBe(false);
  });

  it("is looked at where it is reached so far, when it gets another domain", async () => {
    const atEdge = new URL("fake/at-edge.mjs", import.meta.url);
    const real = { DEPLOY_CHECK_URL: undefined, NODE_OPTIONS: `--import=${atEdge}` };
    const { code, errors } = await there.deploy(["--domain", "new.example.com"], real);
    expect(code, errors).toBe(0);
    expect(there.cloudflare.account.domains.map(({ hostname }) => hostname)).toContain("new.example.com");
    expect(shares(2)).toMatchObject([{ [newest()]: 100 }, { [newest()]: 10 }]);
  });

  it("notes the bookmark, uploads, migrates and only then lets the new version serve", async () => {
    migration(
      "9001_notes.sql",
      "-- a table; of its own\nCREATE TABLE notes (id INTEGER PRIMARY KEY);\nALTER TABLE notes ADD COLUMN text TEXT;",
    );
    const { calls } = there.cloudflare;
    calls.length = 0;
    const { code, output, errors } = await there.deploy();
    expect(code, errors).toBe(0);
    expect(output).toContain("9001_notes.sql");
    expect(await tables()).toContain("notes");
    const at = (pattern: RegExp) => calls.findIndex((call) => pattern.test(call));
    const last = (pattern: RegExp) => calls.findLastIndex((call) => pattern.test(call));
    const order = [
      at(/time_travel\/bookmark$/),
      at(/^POST .*\/versions$/),
      last(/^POST .*\/query$/),
      at(/^POST .*\/deployments$/),
    ];
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(shares(2)).toMatchObject([{ [newest()]: 100 }, { [newest()]: 10 }]);
    const noted = readFileSync(join(there.root, ".deploy/history.ndjson"), "utf8").trim().split("\n").at(-1);
    expect(JSON.parse(noted ?? "")).toMatchObject({
      serving: worker().versions.at(-2)?.id,
      bookmark: expect.stringContaining("00000085-"),
    });
  });

  it("goes back by itself when the new version does not pass", async () => {
    const before = newest();
    there.broken = ({ id }) => id !== before;
    const { code, errors } = await there.deploy();
    expect(code).toBe(1);
    expect(errors).toContain("The new version does not pass: A key that is none is not refused with 401: 500");
    expect(errors).toContain("The version before serves everything again");
    expect(shares(2)).toEqual([{ [before]: 100 }, { [before]: 90, [newest()]: 10 }]);
    there.broken = () => false;
  });

  it("takes the new version's small share away again where somebody stops it meanwhile", async () => {
    const [before = ""] = Object.keys(shares(1)[0] ?? {});
    const known = newest();
    there.sick = ({ id }) => id !== before;
    const isLooking = () => there.edge.served.at(-1) === newest() && newest() !== known;
    const { code, errors } = await there.deployUntil(isLooking);
    there.sick = () => false;
    expect(code).toBe(130);
    expect(errors).toContain(`Stopped.\nThe version before serves everything again (${before}).`);
    expect(shares(2)).toEqual([{ [before]: 100 }, { [before]: 90, [newest()]: 10 }]);
  });

  it("switches all at once where a migration takes away what the old version reads", async () => {
    migration("9002_renamed.sql", "ALTER TABLE notes RENAME TO remarks;");
    const { code, output, errors } = await there.deploy();
    expect(code, errors).toBe(0);
    expect(output).toContain("All at once: 9002_renamed.sql does more than add to the tables");
    expect(shares(1)).toEqual([{ [newest()]: 100 }]);
    expect(worker().deployments[1]?.versions).not.toContainEqual({ version_id: newest(), percentage: 10 });
  });

  it("switches all at once, too, where the run that migrated has broken off before it could switch", async () => {
    migration("9003_again.sql", "ALTER TABLE remarks RENAME TO notes;");
    const before = worker().deployments.length;
    const down = {
      status: 400,
      body: { success: false, errors: [{ code: 10013, message: "Unknown error" }], messages: [] },
    };
    const fault = { method: "POST", path: /\/deployments$/, times: 20, answer: down };
    there.cloudflare.faults.push(fault);
    const cut = await there.deploy();
    expect([cut.code, worker().deployments.length]).toEqual([1, before]);
    expect(await tables()).toContain("notes");
    fault.times = 0;
    const { code, output, errors } = await there.deploy();
    expect(code, errors).toBe(0);
    expect(output).toContain("All at once: 9003_again.sql does more than add to the tables");
    expect(
      worker()
        .deployments.map(({ versions }) => versions)
        .slice(0, -before),
    ).toEqual([[expect.objectContaining({ version_id: newest(), percentage: 100 })]]);
    expect((await there.deploy()).output).not.toContain("All at once");
  });

  it("deploys all at once, and says why, when Durable Objects are added", async () => {
    appendFileSync(
      join(there.root, "wrangler.toml"),
      '\n[[migrations]]\ntag = "v2"\nnew_sqlite_classes = ["Another"]\n',
    );
    const { calls } = there.cloudflare;
    calls.length = 0;
    const { code, output, errors } = await there.deploy();
    expect(code, errors).toBe(0);
    expect(output).toContain("changes which Durable Objects there are");
    expect(calls).toContain("PUT /workers/scripts/edge-relay");
    expect(worker().migration_tag).toBe("v2");
  });

  it("brings the version before back with one command, and says how the database follows", async () => {
    const [now = "", before = ""] = worker()
      .versions.map(({ id }) => id)
      .toReversed();
    expect(shares(1)).toEqual([{ [now]: 100 }]);
    const { code, output, errors } = await there.deploy(["rollback"]);
    expect(code, errors).toBe(0);
    expect(shares(1)).toEqual([{ [before]: 100 }]);
    expect(output).toContain(`Version ${before} serves everything`);
    const line = output.split("\n").find((each) => each.startsWith("npx wrangler d1 time-travel restore")) ?? "";
    const restored = await there.paste(line, "y\n");
    expect(restored.code, restored.errors).toBe(0);
    expect(there.cloudflare.calls.at(-1)).toMatch(/^POST .*time_travel\/restore$/);
    expect(there.cloudflare.unknown).toEqual([]);
  });

  it("changes a secret with the documented line, and keeps it in the next version, whatever the copy says", async () => {
    const line = "npx wrangler secret put ADMIN_PASSWORD --config .deploy/wrangler.json";
    const changed = await there.paste(line, "another password");
    expect(changed.code, changed.errors).toBe(0);
    const { code, output, errors } = await there.deploy();
    expect(code, errors).toBe(0);
    expect(output).toContain("Sign in  admin / your password");
    expect(worker().versions.at(-1)?.bindings).toContainEqual(
      expect.objectContaining({ name: "ADMIN_PASSWORD", text: "another password" }),
    );
    expect(there.cloudflare.unknown).toEqual([]);
  });

  it("says so when a version to go back to does not exist, and changes nothing", async () => {
    const before = worker().deployments.length;
    const { code, errors } = await there.deploy(["rollback", crypto.randomUUID()]);
    expect(code).toBe(1);
    expect(errors).toContain("Switching the versions failed");
    expect(worker().deployments).toHaveLength(before);
  });
});
