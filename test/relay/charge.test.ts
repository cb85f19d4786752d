/** What a request may cost at the most is reserved for the targets that may serve it, and for no other account. */
import { expect, test } from "vitest";
import type { Account } from "../../src/pool/account.ts";
import { targetOf, targetsOf } from "../../src/pool/target.ts";
import { builtInPrices } from "../../src/pricing/built-in.ts";
import { NO_PIECES } from "../../src/protocols/peek.ts";
import { UNCOUNTED } from "../../src/relay/body-hold.ts";
import { listCharge, worstCase } from "../../src/relay/charge.ts";
import { targetCriteriaOf } from "../../src/relay/criteria.ts";
import { type RelayRequest, readRequest } from "../../src/relay/request.ts";
import { findRoute } from "../../src/relay/routes.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { accountNamed } from "../pool/accounts.ts";

const HAIKU = { model: "claude-haiku-4-5", max_tokens: 1_000, messages: [] };

async function reserved(accounts: readonly Account[], more: object = {}) {
  const http = new Request("https://relay.test/v1/messages", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...HAIKU, ...more }),
  });
  const found = findRoute("POST", "/v1/messages", http.headers);
  if (!found) throw new Error("no route");
  const request = await readRequest({ http, ...found }, UNCOUNTED);
  if (!request.ok) throw new Error(request.refusal.reason);
  const targets = targetsOf(accounts, targetCriteriaOf({ ...found, client: "curl" }, request.value));
  return worstCase(builtInPrices(), request.value, { platform: "anthropic", names: [request.value.model], targets });
}

const plain = accountNamed("plain");
const dearer = accountNamed("dearer", { modelMapping: { "claude-haiku-*": "claude-opus-4-1" } });

test("the dearest target is reserved for: by its own name for the model, and by its multiplier", async () => {
  const alone = await reserved([plain]);
  const mapped = await reserved([plain, dearer]);
  expect(mapped.worstNanos).toBeGreaterThan(alone.worstNanos * 2);
  const doubled = await reserved([plain, accountNamed("doubled", { costMultiplierMilli: 2_000 })]);
  expect(doubled.worstNanos).toBe(alone.worstNanos * 2);
  // One that is cheaper takes nothing away: another may serve.
  const halved = await reserved([accountNamed("halved", { costMultiplierMilli: 500 })]);
  expect(halved.worstNanos).toBe(alone.worstNanos);
});

test("another model that may answer is reserved for with the account's multiplier, as it is charged", async () => {
  const fallback = { fallbacks: [{ model: "claude-opus-4-1" }] };
  const alone = await reserved([plain], fallback);
  expect(alone.worstNanos).toBeGreaterThan((await reserved([plain])).worstNanos * 2);
  const doubled = await reserved([accountNamed("doubled", { costMultiplierMilli: 2_000 })], fallback);
  expect(doubled.worstNanos).toBe(alone.worstNanos * 2);
});

test("an entry of the fallbacks that has a limit and a speed of its own is reserved for at these", async () => {
  const entry = { model: "claude-opus-4-8", max_tokens: 100_000, speed: "fast" };
  const { worstNanos } = await reserved([plain], { max_tokens: 1, fallbacks: [entry] });
  // $50 a million for what Opus 4.8 says in fast mode.
  expect(worstNanos).toBeGreaterThan(100_000 * 50_000);
  const none = await reserved([plain], { max_tokens: undefined, fallbacks: [{ ...entry, max_tokens: 1 }] });
  expect(none.worstTokens).toBeGreaterThan(128_000);
});

test("a limit of nothing is none: some leave it out, and so does a translation", async () => {
  const none = await reserved([plain], { max_tokens: undefined });
  expect((await reserved([plain], { max_tokens: 0, pad: "12" })).worstTokens).toBeCloseTo(none.worstTokens, -2);
});

test("a request that names the place of its inference is reserved for at the dearest", async () => {
  const anywhere = await reserved([plain]);
  const { worstNanos } = await reserved([plain], { inference_geo: "us" });
  expect(worstNanos / anywhere.worstNanos).toBeCloseTo(1.1, 2);
  expect((await reserved([plain], { inference_geo: null })).worstNanos / anywhere.worstNanos).toBeCloseTo(1, 2);
});

test("where an upstream is known to take no limit of the output, all that its model can say is reserved", async () => {
  const account = (gaps: readonly string[], more: Partial<Account> = {}) =>
    accountNamed("gpt", {
      platform: "openai",
      modelMapping: { "claude-haiku-*": "gpt-5.5" },
      gaps: new Map([["gpt-5.5", gaps]]),
      ...more,
    });
  const chat = { protocols: ["chat"] } as const;
  const responses = { protocols: ["responses"] } as const;
  const limited = await reserved([account([], chat)]);
  expect(await reserved([account(["max_tokens"], chat)])).toEqual(limited);
  const unlimited = await reserved([account(["max_tokens", "max_completion_tokens"], chat)]);
  expect(unlimited.worstTokens).toBeGreaterThan(limited.worstTokens * 10);
  expect(await reserved([account(["max_output_tokens"], responses)])).toEqual(unlimited);
});

test("an account that cannot serve the request is not reserved for", async () => {
  const alone = await reserved([plain]);
  const others = [
    { ...dearer, schedulable: false },
    { ...dearer, protocols: [] },
    accountNamed("other", { platform: "droid", costMultiplierMilli: 9_000 }),
    accountNamed("sonnet", { allowedModels: ["claude-sonnet-*"], costMultiplierMilli: 9_000 }),
  ];
  expect(await reserved([plain, ...others])).toEqual(alone);
});

test("an account of another platform that names the model is reserved for, as its platform prices its own name for it", async () => {
  const alone = await reserved([plain]);
  const named = { ...dearer, platform: "droid" as const };
  expect((await reserved([plain, named])).worstNanos).toBeGreaterThan(alone.worstNanos * 2);
  const unknown = { ...named, modelMapping: {}, allowedModels: ["nobody-knows-it"] };
  const asked = (account: Account) => reserved([plain, account], { model: "nobody-knows-it" });
  const [here, there] = [await asked(plain), await asked(unknown)];
  expect(there.worstNanos).toBeGreaterThan(here.worstNanos);
});

test("what is booked of a lost request is the dearest of its targets, and where it has none, the name that was asked for", () => {
  const request = { model: "claude-haiku-4-5", pieces: NO_PIECES } as RelayRequest;
  const usage = { ...NO_USAGE, input: 1_000_000 };
  const lost = (...accounts: Account[]) =>
    listCharge(
      builtInPrices(),
      request,
      {
        platform: "anthropic",
        names: [request.model],
        targets: accounts.map((account) => targetOf(account, request.model, "anthropic")),
      },
      usage,
    );
  expect(lost()).toEqual({ costNanos: 1_000_000_000, unpriced: false });
  expect(lost(plain)).toEqual(lost());
  expect(lost(plain, dearer)).toEqual({ costNanos: 15_000_000_000, unpriced: false });
  expect(lost(accountNamed("cheaper", { modelMapping: { "*": "gemini-2.5-flash-lite" } })).costNanos).toBe(100_000_000);
});

test("a target whose model nobody has a price for makes the request unpriced", async () => {
  expect(await reserved([plain])).toMatchObject({ unpriced: false });
  const unknown = accountNamed("unknown", { modelMapping: { "claude-*": "nobody-knows-it" } });
  expect(await reserved([plain, unknown])).toMatchObject({ unpriced: true });
});
