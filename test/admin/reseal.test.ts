/** Re-sealing in steps: what is under an old key comes under the newest one, and what does not open stays and is named. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { stepThrough } from "../../src/admin/reseal/tables.ts";
import { openKey } from "../../src/pool/open-key.ts";
import { ANTHROPIC_API_KEY } from "../../src/providers/anthropic/api-key.ts";
import { loadPool } from "../../src/store/snapshot.ts";
import { exitOf } from "../../src/vault/exit.ts";
import { openGrant, openToken } from "../../src/vault/grant.ts";
import { credentialPlace } from "../../src/vault/places.ts";
import { envelopesUnder, open, seal, sealingKeyIds } from "../../src/vault/seal.ts";
import { asked, behave, makeAccount, removeAccounts } from "../relay/relay-in-process.ts";
import { asAdmin } from "./client.ts";
import {
  envelopes,
  everywhere,
  GONE,
  grantOf,
  keys,
  makeSubscription,
  NEW,
  OLD,
  pass,
  seals,
  step,
  turnRing,
} from "./resealing.ts";

beforeEach(async () => {
  turnRing(OLD);
  behave({ status: 500 });
  await removeAccounts();
  await env.DB.batch(["api_keys", "oauth_flows"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});
afterEach(() => {
  turnRing(OLD);
  vi.restoreAllMocks();
});

async function newestId(): Promise<string> {
  return (await sealingKeyIds(env.ENCRYPTION_KEY))[0];
}

describe("one pass", () => {
  test("brings all that is sealed under the newest key, and all of it opens when the old one is gone", async () => {
    const { account, subscription, alice, flow } = await everywhere();
    await asAdmin("DELETE", `/admin/api-keys/${alice.id}`);
    turnRing(NEW, OLD);
    const before = { "credentials older": 6, "api_keys older": 2, "oauth_flows older": 1 };
    expect(await seals()).toEqual({ ...before, "sign_ins older": 1, "access_tokens older": 1 });

    const { last, notResealed } = await pass(100);
    expect(last).toMatchObject({ left: 0, next_cursor: null, total: { resealed: 11, not_resealed: 0 } });
    expect(notResealed).toEqual([]);
    const after = { "credentials newest": 6, "api_keys newest": 2, "oauth_flows newest": 1 };
    expect(await seals()).toEqual({ ...after, "sign_ins newest": 1, "access_tokens newest": 1 });

    turnRing(NEW);
    const begins = envelopesUnder(await newestId());
    for (const [place, sealed] of await envelopes([subscription])) expect(sealed.slice(0, 12), place).toBe(begins);
    const { accounts } = await loadPool(env, Date.now());
    const owner = accounts.find(({ id }) => id === account);
    if (!owner) throw new Error("the account is not in the pool");
    const secrets = owner.apiKeys.map((key) => open(key.sealed, credentialPlace(owner, key.position), NEW));
    expect(await Promise.all(secrets)).toEqual(keys(5, "a"));
    await asAdmin("POST", `/admin/api-keys/${alice.id}/restore`);
    expect((await asAdmin("GET", `/admin/api-keys/${alice.id}?reveal=1`)).body.api_key).toBe(alice.key);
    const finish = { flow_id: flow, code: "a-code", name: "another", terms_acknowledged: true };
    // The flow opens: what fails is the provider.
    expect((await asAdmin("POST", "/admin/oauth/claude/finish", finish)).status).toBe(502);
  });

  test("goes through every table that has sealed values", async () => {
    const { results } = await env.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '% sealed TEXT %'",
    ).all<{ name: string }>();
    expect(results.map(({ name }) => name).sort()).toEqual(Object.keys(stepThrough).sort());
  });

  test("brings the headers of a gateway along, and its account's key, which are sealed for that way", async () => {
    const { id } = await makeAccount({
      egress: { via: "gateway", base_url: "https://gateway.test/claude" },
      egress_headers: { "cf-aig-authorization": "Bearer of-the-gateway" },
    });
    turnRing(NEW, OLD);
    const { notResealed } = await pass(100);
    expect([notResealed, await seals()]).toEqual([[], { "credentials newest": 1, "egress_headers newest": 1 }]);
    turnRing(NEW);
    const account = (await loadPool(env, Date.now())).accounts.find((one) => one.id === id);
    if (!account) throw new Error("the account is not in the pool");
    expect(await openKey(env, account, account.apiKeys[0]?.id ?? "")).toEqual({
      type: "api-key",
      secret: "sk-upstream",
    });
    const exit = await exitOf(env, account);
    await (exit.ok && exit.value(`${account.baseUrl}/v1/messages`, { method: "POST" }));
    expect(asked.at(-1)?.headers.get("cf-aig-authorization")).toBe("Bearer of-the-gateway");
  });

  test("brings a cloud's credential along whole", async () => {
    const { id } = await makeAccount({
      ...{ kind: "bedrock", base_url: undefined, api_key: undefined, aws_access_key_id: "AKIAIOSFODNN7EXAMPLE" },
      ...{ aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", aws_region: "us-east-1" },
    });
    turnRing(NEW, OLD);
    await pass(100);
    turnRing(NEW);
    const { accounts } = await loadPool(env, Date.now());
    const account = accounts.find((one) => one.id === id);
    const credential = account && (await openKey(env, account, account.apiKeys[0]?.id ?? ""));
    expect(credential).toEqual({
      ...{ type: "aws", accessKeyId: "AKIAIOSFODNN7EXAMPLE", region: "us-east-1" },
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    });
  });

  test("changes nothing the second time", async () => {
    const { subscription } = await everywhere();
    turnRing(NEW, OLD);
    await pass(100);
    const sealed = await envelopes([subscription]);
    const { last } = await pass(100);
    expect(last.total).toEqual({ resealed: 0, not_resealed: 0 });
    expect(await envelopes([subscription])).toEqual(sealed);
  });

  test("does no more in a step than it was asked for, and says what is left", async () => {
    await everywhere();
    turnRing(NEW, OLD);
    const lefts: number[] = [];
    const { steps } = await pass(2, ({ resealed, left }) => {
      expect(resealed).toBeLessThanOrEqual(3);
      lefts.push(left);
    });
    // Six credentials, one sign-in (of two envelopes), two relay keys and a flow; and a look at what comes behind.
    expect(lefts).toEqual([8, 6, 4, 2, 0, 0]);
    expect(steps).toBe(6);
  });

  test("asks no more Keepers in a step than a free Worker may", async () => {
    const calls = Array.from({ length: 25 }, (_, at) => makeSubscription(`of-many-${at}`));
    const ids = await Promise.all(calls);
    turnRing(NEW, OLD);
    const lefts: number[] = [];
    await pass(100, ({ left }) => lefts.push(left));
    expect(lefts).toEqual([5, 0]);
    const begins = envelopesUnder(await newestId());
    for (const [place, sealed] of await envelopes(ids)) expect(sealed.slice(0, 12), place).toBe(begins);
    expect(await seals()).toMatchObject({ "sign_ins newest": 25, "access_tokens newest": 25 });
  });

  test("interrupted behind any step, and with each step sent twice, ends as one that was not", async () => {
    const { subscription } = await everywhere();
    for (let stopped = 0; stopped < 6; stopped++) {
      turnRing(`${NEW}-${stopped}`, env.ENCRYPTION_KEY.split(",")[0] ?? "");
      const before = await envelopes([subscription]);
      let at = await step({ limit: 2 });
      for (let done = 0; done < stopped && at.next_cursor !== null; done++) {
        const again = { limit: 2, cursor: at.next_cursor };
        await step(again);
        at = await step(again);
      }
      // Its caller is gone, and with it the cursor.
      const { last } = await pass(3);
      expect(last.total.not_resealed).toBe(0);
      const begins = envelopesUnder(await newestId());
      const after = await envelopes([subscription]);
      expect([...after.keys()]).toEqual([...before.keys()]);
      for (const [place, sealed] of after) expect(sealed.slice(0, 12), `${stopped} ${place}`).toBe(begins);
    }
    turnRing(`${NEW}-5`);
    expect(Object.keys(await seals()).filter((name) => !name.endsWith(" newest"))).toEqual([]);
  });

  test("leaves one line for each part in the audit trail, and one for its end, without a secret", async () => {
    await everywhere();
    turnRing(NEW, OLD);
    await pass(100);
    const { body } = await asAdmin("GET", "/admin/audit?action=encryption-key&limit=5");
    const target = await newestId();
    const lines = body.items.map(({ action, target, detail }) => ({ action, target, detail }));
    expect(lines).toHaveLength(5);
    // Those of one millisecond are in no order.
    expect(lines).toEqual(
      expect.arrayContaining([
        { action: "encryption-key.reseal-done", target, detail: { resealed: 11, not_resealed: 0 } },
        { action: "encryption-key.reseal", target, detail: { part: "oauth_flows", changed: 1 } },
        { action: "encryption-key.reseal", target, detail: { part: "api_keys", changed: 2 } },
        { action: "encryption-key.reseal", target, detail: { part: "sign_ins", changed: 2 } },
        { action: "encryption-key.reseal", target, detail: { part: "credentials", changed: 6 } },
      ]),
    );
    expect(JSON.stringify(body)).not.toContain("encryption-key-0123456789");
  });
});

describe("what does not open", () => {
  test("because its key is in the ring no more stays as it is and is named, and the rest is re-sealed", async () => {
    const { account, alice, bob } = await everywhere();
    const place = credentialPlace({ id: account, kind: ANTHROPIC_API_KEY, baseUrl: "https://elsewhere.test" }, 2);
    const lost = await seal("sk-lost", place, GONE);
    await env.DB.batch([
      env.DB.prepare("UPDATE credentials SET sealed = ? WHERE account_id = ? AND position = 2").bind(lost, account),
      env.DB.prepare("UPDATE api_keys SET sealed = ? WHERE id = ?").bind(lost, alice.id),
      env.DB.prepare("UPDATE api_keys SET sealed = 'not sealed' WHERE id = ?").bind(bob.id),
    ]);
    turnRing(NEW, OLD);
    const [gone] = await sealingKeyIds(GONE);
    for (let round = 0; round < 2; round++) {
      const { last, notResealed } = await pass(3);
      expect(notResealed).toHaveLength(3);
      expect(notResealed).toEqual(
        expect.arrayContaining([
          { part: "credentials", id: account, position: 2, key_id: gone, reason: "unknown_key" },
          { part: "api_keys", id: alice.id, key_id: gone, reason: "unknown_key" },
          { part: "api_keys", id: bob.id, key_id: null, reason: "not_sealed" },
        ]),
      );
      expect(last.total).toEqual({ resealed: round === 0 ? 8 : 0, not_resealed: 3 });
    }
    const all = await envelopes();
    expect(all.get(`credentials/${account}/2`)).toBe(lost);
    expect(all.get(`api_keys/${alice.id}`)).toBe(lost);
    expect(all.get(`api_keys/${bob.id}`)).toBe("not sealed");
    expect(await seals()).toMatchObject({ "credentials unknown": 1, "credentials newest": 5, "api_keys unknown": 2 });
  });

  test("is everything where ENCRYPTION_KEY is a wrong one: each is named, and nothing changes", async () => {
    const { subscription } = await everywhere();
    const before = await envelopes([subscription]);
    turnRing(NEW);
    const { last, notResealed } = await pass(4);
    expect(last.total).toEqual({ resealed: 0, not_resealed: 11 });
    expect(notResealed.map(({ reason }) => reason)).toEqual(Array.from({ length: 11 }, () => "unknown_key"));
    expect(await envelopes([subscription])).toEqual(before);
    turnRing(NEW, OLD);
    expect((await pass(4)).last.total).toEqual({ resealed: 11, not_resealed: 0 });
  });

  test("because it was altered, moved, or left by a kind that is gone, is named with its reason", async () => {
    const { account, subscription } = await everywhere();
    const other = await makeAccount();
    const all = await envelopes();
    const sealed = (position: number) => all.get(`credentials/${account}/${position}`) ?? "";
    const set = env.DB.prepare("UPDATE credentials SET sealed = ? WHERE account_id = ? AND position = ?");
    await env.DB.batch([
      set.bind(`${sealed(0).slice(0, -4)}AAAA`, account, 0),
      set.bind(sealed(2), account, 1),
      set.bind(sealed(3).replace("v2", "v1"), account, 3),
      env.DB.prepare("UPDATE accounts SET kind = 'of-tomorrow' WHERE id = ?").bind(other.id),
    ]);
    turnRing(NEW, OLD);
    const { notResealed } = await pass(50);
    const reasons = notResealed.map(({ id, position, reason }) => [id, position, reason]);
    expect(reasons.sort()).toEqual(
      [
        [account, 0, "does_not_open"],
        [account, 1, "does_not_open"],
        [account, 3, "sealed_without_host"],
        [other.id, 0, "unknown_kind"],
      ].sort(),
    );
    expect((await grantOf(subscription)).sealed.startsWith(envelopesUnder(await newestId()))).toBe(true);
  });

  test("because a Keeper has not got the newest key yet stays, and its account is named", async () => {
    const { subscription } = await everywhere();
    const before = await grantOf(subscription);
    const [old] = await sealingKeyIds(OLD);
    const answer = await step({ limit: 100 }, { ENCRYPTION_KEY: `${NEW},${OLD}` });
    expect(answer.not_resealed).toEqual([{ part: "sign_ins", id: subscription, key_id: old, reason: "keeper_behind" }]);
    expect(await grantOf(subscription)).toEqual(before);
  });
});

describe("beside others", () => {
  test("a key that is changed between reading and writing stays as it was changed", async () => {
    const { account } = await everywhere();
    turnRing(NEW, OLD);
    const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
    vi.spyOn(crypto.subtle, "encrypt").mockImplementationOnce(async (...given) => {
      const changed = await asAdmin("PATCH", `/admin/accounts/${account}`, { api_keys: keys(2, "changed") });
      expect(changed.status).toBe(200);
      return encrypt(...given);
    });
    const answer = await step({ limit: 100 });
    expect(answer).toMatchObject({ replaced_meanwhile: 5, not_resealed: [] });
    const all = await envelopes();
    const place = (position: number) => `credentials/${account}/${position}`;
    expect([...all.keys()].filter((name) => name.startsWith(`credentials/${account}`))).toEqual([place(0), place(1)]);
    const { accounts } = await loadPool(env, Date.now());
    const owner = accounts.find(({ id }) => id === account);
    if (!owner) throw new Error("the account is not in the pool");
    for (const [position, secret] of keys(2, "changed").entries()) {
      expect(await open(all.get(place(position)) ?? "", credentialPlace(owner, position), NEW)).toBe(secret);
    }
  });

  test("no edit of an account or a key loses a race against it", async () => {
    const { account, alice } = await everywhere();
    const versions = () =>
      env.DB.prepare("SELECT updated_at FROM accounts UNION ALL SELECT updated_at FROM api_keys").all();
    const before = (await versions()).results;
    turnRing(NEW, OLD);
    await pass(3);
    expect((await versions()).results).toEqual(before);
    const edits = [
      asAdmin("PATCH", `/admin/accounts/${account}`, { note: "edited" }),
      asAdmin("PATCH", `/admin/api-keys/${alice.id}`, { description: "edited" }),
    ];
    expect((await Promise.all([...edits, pass(3)])).slice(0, 2)).toMatchObject([{ status: 200 }, { status: 200 }]);
  });

  test("a sign-in that is replaced while its Keeper seals it stays as it was replaced", async () => {
    const { subscription } = await everywhere();
    turnRing(NEW, OLD);
    const decrypt = crypto.subtle.decrypt.bind(crypto.subtle);
    const oauth = { access_token: "access-later", refresh_token: "refresh-later", expires_at: "2040-01-01T00:00:00Z" };
    let changed = false;
    vi.spyOn(crypto.subtle, "decrypt").mockImplementation(async (...given) => {
      const plain = await decrypt(...given);
      if (!changed && new TextDecoder().decode(plain).includes("refresh-one")) {
        changed = true;
        const fields = { oauth, terms_acknowledged: true };
        expect((await asAdmin("PATCH", `/admin/accounts/${subscription}`, fields)).status).toBe(200);
      }
      return plain;
    });
    await pass(100);
    expect(changed).toBe(true);
    const grant = await grantOf(subscription);
    expect(await openGrant(grant, env)).toMatchObject({ access: "access-later", refresh: "refresh-later" });
    expect(await openToken(grant.token, grant, env)).toMatchObject({ access: "access-later" });
    expect(grant.sealed.startsWith(envelopesUnder(await newestId()))).toBe(true);
  });

  test("an access token that is on its way to KV while it is re-sealed arrives there re-sealed", async () => {
    const { subscription } = await everywhere();
    const put = env.KV.put.bind(env.KV);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const puts = vi.spyOn(env.KV, "put").mockImplementationOnce(async (...given) => {
      await held;
      return put(...given);
    });
    const oauth = { access_token: "access-later", refresh_token: "refresh-later", expires_at: "2040-01-01T00:00:00Z" };
    await asAdmin("PATCH", `/admin/accounts/${subscription}`, { oauth, terms_acknowledged: true });
    turnRing(NEW, OLD);
    const passing = pass(100);
    const begins = envelopesUnder(await newestId());
    await vi.waitUntil(async () => (await grantOf(subscription)).token.sealed.startsWith(begins), { timeout: 60_000 });
    release();
    await passing;
    expect(puts).toHaveBeenCalledTimes(2);
    for (const [place, sealed] of await envelopes([subscription])) expect(sealed.slice(0, 12), place).toBe(begins);
  });

  test("a credential from before there were fingerprints keeps the name that its health goes by", async () => {
    const { account } = await everywhere();
    await env.DB.prepare("UPDATE credentials SET fingerprint = '' WHERE account_id = ?").bind(account).run();
    const names = async () => {
      turnRing(env.ENCRYPTION_KEY);
      const { accounts } = await loadPool(env, Date.now());
      return accounts.find(({ id }) => id === account)?.apiKeys.map(({ id }) => id);
    };
    const before = await names();
    turnRing(NEW, OLD);
    await pass(100);
    expect(await names()).toEqual(before);
  });
});
