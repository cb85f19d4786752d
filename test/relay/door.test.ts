/** What throws on the way of a request: answered, booked as what it is, and nothing stays held. */
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { KeyGate } from "../../src/gate/gate.ts";
import { WIRE } from "../../src/protocols/wire.ts";
import { eventually } from "../eventually.ts";
import { streamOf, wholeMessage } from "../front/messages.ts";
import {
  ask,
  asked,
  behave,
  leasesFreed,
  makeAccount,
  makeKey,
  removeAccounts,
  rows,
  until,
} from "./relay-in-process.ts";

const JSON_TYPE = { "content-type": "application/json" };
const real = WIRE.anthropic;

let account: { id: string };
beforeAll(async () => {
  account = await makeAccount({ max_concurrency: 5 });
});
afterEach(() => {
  WIRE.anthropic = real;
  vi.restoreAllMocks();
});

/** A part of the wire format that throws, as a bug would. */
function bug(part: "readWhole" | "streamMeter" | "errorIn"): void {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  WIRE.anthropic = {
    ...real,
    [part]: () => {
      throw new Error("a bug");
    },
  };
}

/** The one row of a key, once neither its gate nor the account holds anything for it. */
async function settled(keyId: string): Promise<Record<string, unknown> | undefined> {
  await leasesFreed(keyId);
  await eventually(async () => {
    expect(await env.KEEPER.getByName(account.id).report(0)).toMatchObject({ inFlight: 0 });
  });
  await eventually(async () => expect(await rows(keyId)).toHaveLength(1));
  const [row] = await rows(keyId);
  return row;
}

describe("a step that throws", () => {
  test("while an answer is delivered: 500 in the client's words, booked as `internal`, both leases free", async () => {
    const key = await makeKey({ concurrency_limit: 1 });
    behave({ headers: JSON_TYPE, chunks: [wholeMessage("Hello")] });
    bug("readWhole");
    const response = await ask(key.key, { body: { stream: false } });
    expect(response.status).toBe(500);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "api_error" } });
    expect(await settled(key.id)).toMatchObject({ status: 500, outcome: "internal", account_id: account.id });
  });

  test("while an account is asked: the upstream closed, both leases free", async () => {
    const key = await makeKey({ concurrency_limit: 1 });
    behave({ chunks: streamOf(["a"]), ending: "hang" });
    bug("errorIn");
    await (await ask(key.key)).text();
    expect((await settled(key.id))?.status).toBeGreaterThanOrEqual(500);
    await until(() => asked.every(({ over }) => over === "closed"));
  });

  test("beside a running stream: booked as `internal`, the upstream closed, both leases free", async () => {
    const key = await makeKey({ concurrency_limit: 1 });
    behave({ chunks: streamOf(["a"]), ending: "hang" });
    bug("streamMeter");
    const response = await ask(key.key);
    expect(response.status).toBe(200);
    expect(await settled(key.id)).toMatchObject({ outcome: "internal", account_id: account.id });
    await until(() => asked.every(({ over }) => over === "closed"));
    await response.body?.cancel();
  });
});

describe("a gate that does not answer", () => {
  test.each(["/api/usage", "/api/usage/quota", "/api/usage/daily", "/api/usage/models", "/api/usage/requests"])(
    "under %s: 503 in the client's words",
    async (path) => {
      const { key } = await makeKey();
      vi.spyOn(console, "error").mockImplementation(() => undefined);
      vi.spyOn(KeyGate.prototype, "report").mockRejectedValue(new Error("the object is gone"));
      const response = await exports.default.fetch(
        new Request(`https://relay.test${path}`, { headers: { "x-api-key": key } }),
      );
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
    },
  );
});

describe("the log says what happened", () => {
  const errorBody = (type: string) => JSON.stringify({ type: "error", error: { type, message: "no" } });

  test.each([
    ["the request itself was refused", { status: 400, body: errorBody("invalid_request_error") }, "refused"],
    ["the upstream failed", { status: 500, body: errorBody("api_error") }, "upstream_error"],
    ["the account was refused", { status: 401, body: errorBody("authentication_error") }, "upstream_error"],
  ])("%s", async (_name, { status, body }, outcome) => {
    await removeAccounts();
    account = await makeAccount({ max_concurrency: 5 });
    const key = await makeKey();
    behave({ status, headers: JSON_TYPE, chunks: [body] });
    const response = await ask(key.key);
    await response.text();
    expect(await settled(key.id)).toMatchObject({ outcome, status: response.status });
  });

  test("no account could be asked", async () => {
    await removeAccounts();
    const key = await makeKey();
    behave({});
    const { status } = await ask(key.key);
    expect(await settled(key.id)).toMatchObject({ outcome: "no_account", account_id: null, status });
  });
});
