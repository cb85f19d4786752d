/** What answers say of the provider's limits: who is asked next, what the API shows, and what it costs to know. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts } from "./relay-in-process.ts";

const HOUR = 3_600_000;
const ANSWER = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5",
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 9, output_tokens: 1 },
};

/** The clock never goes back, not from test to test either: what an isolate remembers has its time. */
let later = 0;
const realNow = Date.now;
/** By account: the headers of its answers. */
let headers: Record<string, Record<string, string>> = {};

beforeEach(async () => {
  later += HOUR;
  headers = {};
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + later);
  await removeAccounts();
  behave(({ url }) => ({
    headers: { "content-type": "application/json", ...headers[new URL(url).origin] },
    chunks: [JSON.stringify(ANSWER)],
  }));
});
afterEach(() => vi.restoreAllMocks());

/** As Anthropic's API writes them for a subscription; ends in milliseconds from now. */
function windows(values: Record<string, [used: number, endsIn: number]>): Record<string, string> {
  const lines = Object.entries(values).flatMap(([name, [used, endsIn]]) => [
    [`anthropic-ratelimit-unified-${name}-utilization`, String(used)],
    [`anthropic-ratelimit-unified-${name}-reset`, String(Math.ceil((Date.now() + endsIn) / 1000))],
    [`anthropic-ratelimit-unified-${name}-status`, "allowed"],
  ]);
  return Object.fromEntries(lines);
}

let conversations = 0;

/** Who answers a request, in a conversation of its own; where the next reads what the Keepers have published. */
async function answeredBy(key: string, model = "claude-sonnet-4-5"): Promise<string> {
  forgetSnapshot();
  const messages = [{ role: "user", content: `hello ${conversations++}` }];
  const response = await ask(key, { body: { stream: false, model, messages } });
  await response.text();
  expect(response.status).toBe(200);
  return new URL(asked.at(-1)?.url ?? "").origin;
}

async function quotaOf(id: string) {
  return (await asAdmin("GET", `/admin/accounts/${id}`)).body.provider_quota;
}

async function pair() {
  const first = await makeAccount();
  const second = await makeAccount();
  const { key } = await makeKey();
  return { first, second, key };
}

describe("ranking", () => {
  test("prefers the account with more left, until the fuller one's window starts over", async () => {
    const { first, second, key } = await pair();
    headers[first.origin] = windows({ "5h": [0.62, HOUR], "7d": [0.3, 90 * HOUR] });
    expect(await answeredBy(key)).toBe(first.origin);
    await eventually(async () => expect(await quotaOf(first.id)).not.toBeNull());
    // The other has served as seldom as it can: only what is left decides.
    for (let sent = 0; sent < 3; sent++) expect(await answeredBy(key)).toBe(second.origin);
    later += HOUR + 60_000;
    expect(await answeredBy(key)).toBe(second.origin);
    // The week still has a third used.
    headers[first.origin] = windows({ "5h": [0, 5 * HOUR], "7d": [0.05, 90 * HOUR] });
    headers[second.origin] = windows({ "5h": [0.31, HOUR] });
    expect(await answeredBy(key)).toBe(second.origin);
    await eventually(async () => expect(await quotaOf(second.id)).not.toBeNull());
    expect(await answeredBy(key)).toBe(first.origin);
  });

  test("goes by a model family's own window for that family alone", async () => {
    const { first, second, key } = await pair();
    headers[first.origin] = windows({ "5h": [0.02, HOUR], "7d_opus": [0.9, 90 * HOUR] });
    expect(await answeredBy(key, "claude-opus-4-1")).toBe(first.origin);
    await eventually(async () => expect(await quotaOf(first.id)).not.toBeNull());
    expect(await answeredBy(key)).toBe(second.origin);
    for (let sent = 0; sent < 2; sent++) expect(await answeredBy(key, "claude-opus-4-1")).toBe(second.origin);
    expect(await answeredBy(key)).toBe(first.origin);
  });
});

test("the list and the account show each window with its use, its end, where it was read and when", async () => {
  const { id, origin } = await makeAccount();
  const { key } = await makeKey();
  headers[origin] = {
    ...windows({ "5h": [0.4, HOUR], "7d": [0.1, 90 * HOUR] }),
    "anthropic-ratelimit-unified-overage-status": "rejected",
    "anthropic-ratelimit-unified-overage-disabled-reason": "out_of_credits",
    "anthropic-ratelimit-unified-representative-claim": "five_hour",
  };
  expect(await quotaOf(id)).toBeNull();
  await answeredBy(key);
  await eventually(async () => expect(await quotaOf(id)).not.toBeNull());
  const time = expect.stringMatching(/^\d{4}-.*Z$/);
  const from = { source: "headers", read_at: time };
  const quota = {
    windows: [
      { name: "5h", scope: null, used: 0.4, status: "allowed", reason: null, resets_at: time, ...from },
      { name: "7d", scope: null, used: 0.1, status: "allowed", reason: null, resets_at: time, ...from },
      {
        ...{ name: "overage", scope: "overage", used: null, status: "rejected", reason: "out_of_credits" },
        resets_at: null,
        ...from,
      },
    ],
    ...{ deciding: "5h", asked_at: null, error: null },
  };
  const objects = vi.spyOn(env.KEEPER, "getByName");
  const listed = (await asAdmin("GET", "/admin/accounts")).body.items;
  expect(listed.find((item) => item.id === id)?.provider_quota).toEqual(quota);
  expect(objects).not.toHaveBeenCalled();
  expect((await asAdmin("GET", `/admin/accounts/${id}/health`)).body).toMatchObject({
    provider_quota: quota,
    headroom: { window: "5h", used: 0.4, status: "allowed", resets_at: quota.windows[0]?.resets_at },
  });
  later += HOUR + 60_000;
  expect(await quotaOf(id)).toMatchObject({
    windows: [{ name: "5h", used: 0, status: null }, { name: "7d", used: 0.1, status: "allowed" }, {}],
  });
  await asAdmin("POST", `/admin/accounts/${id}/reset`);
  expect(await quotaOf(id)).toMatchObject({ windows: [{ name: "5h" }, { name: "7d" }, { name: "overage" }] });
});

test("a refusal says what is used up, in the report that it makes anyway", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const { id, origin } = await makeAccount();
  const { key } = await makeKey();
  const closed = { ...windows({ "5h": [1, HOUR] }), "anthropic-ratelimit-unified-5h-status": "rejected" };
  const error = { type: "error", error: { type: "rate_limit_error", message: "no" } };
  behave({ status: 429, headers: { "content-type": "application/json", ...closed }, chunks: [JSON.stringify(error)] });
  const objects = vi.spyOn(env.KEEPER, "getByName");
  forgetSnapshot();
  expect((await ask(key, { body: { stream: false } })).status).toBe(429);
  await eventually(async () => expect(await quotaOf(id)).not.toBeNull());
  expect(await quotaOf(id)).toMatchObject({ windows: [{ name: "5h", used: 1, status: "rejected" }] });
  expect(objects).toHaveBeenCalledTimes(1);
  expect(asked.map(({ url }) => new URL(url).origin)).toEqual([origin]);
});

describe("object requests", () => {
  async function counted(requests: number, key: string) {
    const objects = vi.spyOn(env.KEEPER, "getByName");
    for (let sent = 0; sent < requests; sent++) {
      const response = await ask(key, { body: { stream: false } });
      await response.text();
    }
    // What is reported is reported in `waitUntil`.
    await scheduler.wait(50);
    return objects.mock.calls.length;
  }

  test("a healthy request makes none but its key's, whatever its answer says, as long as nothing has moved", async () => {
    const { origin } = await makeAccount();
    const { key } = await makeKey();
    forgetSnapshot();
    headers[origin] = windows({ "5h": [0.04, HOUR], "7d": [0.01, 90 * HOUR] });
    expect(await counted(5, key)).toBe(0);
    headers[origin] = windows({ "5h": [0.06, HOUR], "7d": [0.01, 90 * HOUR] });
    expect(await counted(5, key)).toBe(1);
  });

  test("a use that moves with each request makes one a minute", async () => {
    const { origin } = await makeAccount();
    const { key } = await makeKey();
    forgetSnapshot();
    let used = 0.1;
    behave(() => {
      used += 0.06;
      const json = { "content-type": "application/json" };
      return { headers: { ...json, ...windows({ "5h": [used, HOUR] }) }, chunks: [JSON.stringify(ANSWER)] };
    });
    expect([origin !== "", await counted(5, key)]).toEqual([true, 1]);
    later += 61_000;
    expect(await counted(5, key)).toBe(2);
  });

  test("an isolate that has just begun tells nothing that the Keeper has told it", async () => {
    const { id, origin } = await makeAccount();
    const { key } = await makeKey();
    headers[origin] = windows({ "5h": [0.4, HOUR] });
    const when = { resetsAt: Date.now() + HOUR, readAt: Date.now() };
    const window = {
      ...when,
      name: "5h",
      scope: null,
      used: 0.41,
      status: null,
      reason: null,
      source: "headers",
    } as const;
    await env.KEEPER.getByName(id).reportSuccess(id, "key", { windows: [window], deciding: null });
    forgetSnapshot();
    expect(await counted(5, key)).toBe(0);
  });
});
