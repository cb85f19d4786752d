/** The nightly tests: which accounts take part, how many a night, and that what they show counts. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checksTonight, scheduledChecks } from "../../src/jobs/account-checks.ts";
import type { Account } from "../../src/pool/account.ts";
import { asAdmin } from "../admin/client.ts";
import { accountNamed } from "../pool/accounts.ts";

const DAY_MS = 86_400_000;
const MESSAGE = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-haiku-4-5",
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 9, output_tokens: 1 },
};

/** Answers of the faked upstream by host name; everything else that is asked for is refused. */
let answers: Record<string, () => Response> = {};
let asked: string[] = [];

beforeEach(() => {
  answers = {};
  asked = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    const { hostname } = new URL((input as Request).url);
    asked.push(hostname);
    const answer = answers[hostname];
    if (!answer) throw new Error("Network connection lost.");
    return answer();
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await env.DB.prepare("DELETE FROM accounts").run();
});

async function makeAccount(host: string, fields: object = {}): Promise<string> {
  const account = { name: host, platform: "anthropic", kind: "api-key", api_key: `sk-${host}-0123456789` };
  const body = { ...account, base_url: `https://${host}`, scheduled_test: true, ...fields };
  return (await asAdmin("POST", "/admin/accounts", body)).body.id;
}

describe("a night's tests", () => {
  it("are of the accounts that ask for one, and note what they show", async () => {
    answers = {
      "well.example.com": () => Response.json(MESSAGE),
      "ill.example.com": () =>
        Response.json({ type: "error", error: { type: "authentication_error" } }, { status: 401 }),
    };
    const well = await makeAccount("well.example.com");
    const ill = await makeAccount("ill.example.com");
    await makeAccount("quiet.example.com", { scheduled_test: false });
    await makeAccount("paused.example.com", { schedulable: false });
    await makeAccount("over.example.com", { expires_at: "2026-01-01T00:00:00Z" });
    const log = vi.spyOn(console, "warn").mockImplementation(() => {});

    const outcomes = await scheduledChecks(env, Date.now());
    expect(asked.sort()).toEqual(["ill.example.com", "well.example.com"]);
    const byAccount = Object.fromEntries(outcomes.map(({ accountId, outcome }) => [accountId, outcome]));
    expect(byAccount[well]).toMatchObject({ ok: true, text: "OK", inputTokens: 9 });
    expect(byAccount[ill]).toMatchObject({ ok: false, condition: "key_refused" });
    expect((await asAdmin("GET", `/admin/accounts/${ill}/health`)).body).toMatchObject({
      status: "cooling_down",
      last_errors: [{ status: 401, condition: "key_refused" }],
    });
    expect(log).toHaveBeenCalledOnce();
    expect(String(log.mock.calls[0]?.[0])).toContain(ill);
    expect(String(log.mock.calls[0]?.[0])).not.toContain("sk-");
  });

  it("bring an account back that is well again", async () => {
    const id = await makeAccount("host.example.com");
    answers["host.example.com"] = () => new Response(null, { status: 401 });
    vi.spyOn(console, "warn").mockImplementation(() => {});
    await scheduledChecks(env, Date.now());
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.status).toBe("cooling_down");
    answers["host.example.com"] = () => Response.json(MESSAGE);
    await scheduledChecks(env, Date.now());
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.status).toBe("ok");
  });

  it("are none where no account asks for one", async () => {
    await makeAccount("quiet.example.com", { scheduled_test: false });
    expect(await scheduledChecks(env, Date.now())).toEqual([]);
    expect(asked).toEqual([]);
  });

  it("are at most twenty, of every key, and every night goes on where the last one ended", () => {
    const accounts = Array.from({ length: 5 }, (_, index): Account => account(`acc_${index}`, 9));
    const names = (night: number) =>
      checksTonight(accounts, night * DAY_MS).map(({ account: { id }, key }) => `${id}/${key.position}`);
    expect(names(0)).toHaveLength(20);
    expect(names(1)[0]).toBe("acc_2/2");
    const seen = new Set([0, 1, 2].flatMap(names));
    expect(seen.size).toBe(45);
  });
});

function account(id: string, keys: number): Account {
  const apiKeys = Array.from({ length: keys }, (_, position) => ({ id: `${id}-${position}`, position, sealed: "" }));
  return accountNamed(id, { scheduledTest: true, apiKeys });
}
