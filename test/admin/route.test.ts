/** "Who would serve this?", answered by the pipeline itself: each account with yes, or why not. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KeyGate } from "../../src/gate/gate.ts";
import { classify } from "../../src/providers/faults.ts";
import { loadPool } from "../../src/store/snapshot.ts";
import { streamOf } from "../front/messages.ts";
import { ask, behave, makeAccount, makeKey, removeAccounts } from "../relay/relay-in-process.ts";
import { asAdmin } from "./client.ts";

interface RouteAnswer {
  path: string;
  chain: { model: string }[] | null;
  refusal: { reason: string; status: number; message: string } | null;
  accounts: {
    account_id: string;
    serves: boolean;
    position: number | null;
    why_not: string | null;
    [field: string]: unknown;
  }[];
}

const MODEL = "claude-sonnet-4-5";

async function route(key: string, query = `model=${MODEL}&protocol=anthropic`): Promise<RouteAnswer> {
  const { status, body } = await asAdmin("GET", `/admin/route?key=${key}&${query}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body as unknown as RouteAnswer;
}

const verdicts = ({ accounts }: RouteAnswer) =>
  Object.fromEntries(accounts.map(({ account_id, position, why_not }) => [account_id, position ?? why_not]));

async function limit(id: string, headers: Record<string, string>): Promise<void> {
  const body = JSON.stringify({ type: "error", error: { type: "rate_limit_error", message: "no" } });
  const input = { platform: "anthropic", family: null, status: 429, headers: new Headers(headers), body } as const;
  const pool = await loadPool(env, Date.now());
  const [key] = pool.accounts.find((account) => account.id === id)?.apiKeys ?? [];
  const health = await env.KEEPER.getByName(id).reportFault(id, classify(input, Date.now()), key?.id ?? "");
  pool.health.set(id, health);
}

beforeEach(async () => {
  await removeAccounts();
  behave({ chunks: streamOf(["ok"]) });
});
afterEach(() => vi.restoreAllMocks());

describe("who would serve", () => {
  it("is told in the order of the pool, and it is the one that then does", async () => {
    const second = await makeAccount({ priority: 20 });
    const first = await makeAccount({ priority: 10, model_mapping: { [MODEL]: "claude-opus-4-8" } });
    const { id, key } = await makeKey();
    const answer = await route(id);
    expect(answer).toMatchObject({ path: "/v1/messages", chain: null, refusal: null });
    expect(verdicts(answer)).toEqual({ [first.id]: 1, [second.id]: 2 });
    expect(answer.accounts[0]).toMatchObject({ model: "claude-opus-4-8", protocol: "anthropic", translated: false });
    await (await ask(key, { body: { model: MODEL } })).text();
    const { items } = (await asAdmin("GET", `/admin/requests?key_id=${id}`)).body;
    expect(items).toMatchObject([{ account_id: first.id }]);
    // Also of a key as it was pasted.
    expect(verdicts(await route(key))).toEqual({ [first.id]: 1, [second.id]: 2 });
  });

  it("is told with the reason of every account that would not", async () => {
    const good = await makeAccount({});
    const paused = await makeAccount({ schedulable: false });
    const over = await makeAccount({ expires_at: "2020-01-01T00:00:00Z" });
    const narrow = await makeAccount({ allowed_models: ["claude-opus-*"] });
    const gpt = await makeAccount({ platform: "openai" });
    const limited = await makeAccount({});
    await limit(limited.id, { "retry-after": "600" });
    const guessed = await makeAccount({});
    await limit(guessed.id, {});
    const { id } = await makeKey();
    const answer = await route(id);
    expect(verdicts(answer)).toEqual({
      [good.id]: 1,
      [guessed.id]: 2,
      [paused.id]: "paused",
      [over.id]: "expired",
      [narrow.id]: "model_not_allowed",
      [gpt.id]: "model_not_named",
      [limited.id]: "unavailable",
    });
    const by = (account: string) => answer.accounts.find(({ account_id }) => account_id === account);
    expect(by(guessed.id)).toMatchObject({ serves: true, last_resort: true });
    expect(Date.parse(String(by(limited.id)?.until))).toBeGreaterThan(Date.now() + 500_000);
  });

  it("goes by what the key is bound to and may use", async () => {
    const one = await makeAccount({});
    const other = await makeAccount({});
    expect(verdicts(await route((await makeKey({ bound_account_id: other.id })).id))).toEqual({
      [other.id]: 1,
      [one.id]: "key_bound_to_other_account",
    });
    const group = (await asAdmin("POST", "/admin/groups", { name: crypto.randomUUID(), strategy: "priority" })).body.id;
    expect(verdicts(await route((await makeKey({ bound_group_id: group })).id))).toEqual({
      [one.id]: "key_bound_to_other_group",
      [other.id]: "key_bound_to_other_group",
    });
  });

  it("follows aliases of the key, and translations", async () => {
    const claude = await makeAccount({ allowed_models: [MODEL] });
    const gpt = await makeAccount({ platform: "openai" });
    const { id } = await makeKey({ model_aliases: { fast: [{ model: "gpt-5-mini" }, { model: MODEL }] } });
    const answer = await route(id, "model=fast&protocol=anthropic");
    expect(answer.chain).toEqual([{ model: "gpt-5-mini" }, { model: MODEL }]);
    expect(answer.accounts.filter(({ serves }) => serves)).toMatchObject([
      { account_id: gpt.id, model: "gpt-5-mini", translated: true },
      { account_id: claude.id, model: MODEL, translated: false },
    ]);
    for (const [protocol, path] of [
      ["chat", "/v1/chat/completions"],
      ["responses", "/v1/responses"],
      ["gemini", "/v1beta/models/{model}:generateContent"],
    ]) {
      expect((await route(id, `model=${MODEL}&protocol=${protocol}`)).path).toBe(path);
    }
  });

  it("is told beside the gate's own refusal, which is the client's, and counts for nothing", async () => {
    const { id: account } = await makeAccount({});
    const { id, key } = await makeKey({ denied_models: ["claude-*"], allowed_clients: ["claude_code"] });
    const answer = await route(id);
    expect(answer.refusal).toMatchObject({ reason: "model_denied", status: 404 });
    const response = await ask(key, { body: { model: MODEL }, headers: { "user-agent": "claude-cli/2" } });
    expect([response.status, await response.json()]).toEqual([
      404,
      expect.objectContaining({ error: expect.objectContaining({ message: answer.refusal?.message }) }),
    ]);
    expect(verdicts(answer)).toEqual({ [account]: 1 });
    const before = (await asAdmin("GET", `/admin/refusals?key_id=${id}`)).body.total;
    await route(id, "model=gpt-5-mini&protocol=chat");
    expect((await route(id, "model=gpt-5-mini&protocol=chat&client=codex")).refusal?.reason).toBe("client_denied");
    expect((await asAdmin("GET", `/admin/refusals?key_id=${id}`)).body.total).toBe(before);
  });

  it("takes no lease and stores nothing", async () => {
    await makeAccount({});
    const { id } = await makeKey({ concurrency_limit: 1, rate_limit_window_minutes: 60, rate_limit_requests: 1 });
    const admit = vi.spyOn(KeyGate.prototype, "admit");
    for (let count = 0; count < 3; count++) expect((await route(id)).refusal).toBeNull();
    expect(admit).not.toHaveBeenCalled();
    expect((await asAdmin("GET", `/admin/api-keys/${id}/live`)).body).toMatchObject({
      in_flight: 0,
      window: { requests: 0 },
    });
  });

  it("is not told of a key that there is not, or a model that nobody could ask for", async () => {
    const { id } = await makeKey();
    expect((await asAdmin("GET", `/admin/route?key=nope&model=${MODEL}&protocol=anthropic`)).status).toBe(404);
    const { status, body } = await asAdmin("GET", `/admin/route?key=${id}&model=a%0Ab&protocol=anthropic`);
    expect([status, body.error.details?.[0]?.field]).toEqual([400, "model"]);
    expect((await asAdmin("GET", `/admin/route?key=${id}&model=${MODEL}&protocol=morse`)).status).toBe(400);
    await asAdmin("DELETE", `/admin/api-keys/${id}`);
    expect((await asAdmin("GET", `/admin/route?key=${id}&model=${MODEL}&protocol=anthropic`)).status).toBe(404);
  });
});
