/**
 * Accounts that are signed in to Google, at `v1internal`: what is sent for whom, what comes back, and whose fault a refusal is. The
 * forms are those of Gemini CLI's `code_assist/converter.ts` and `utils/googleQuotaErrors.ts`.
 */
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HEALTHY } from "../../src/pool/health.ts";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import * as gemini from "../front/gemini.ts";
import { signedInToGoogle } from "../front/google.ts";
import { LOADED, loadedAs, STANDARD } from "../vault/google.ts";
import {
  type Asked,
  ask,
  asked,
  type Behaviour,
  behave,
  leasesFreed,
  makeAccount,
  makeKey,
  removeAccounts,
  rows,
} from "./relay-in-process.ts";

const JSON_TYPE = { "content-type": "application/json" };
const CLI = { "user-agent": "GeminiCLI/0.61.0/gemini-3.5-flash (linux; x64)" };
const WORDS = ["Hello ", "world"];
const STREAM = gemini.assistStreamOf(WORDS);

let key: { id: string; key: string };

beforeEach(async () => {
  behave(google);
  await removeAccounts();
  key = await makeKey({ concurrency_limit: 1 });
  behave(google);
});
afterEach(() => vi.restoreAllMocks());

/** What was asked for clients. An account that is deleted has its sign-in revoked, when its Keeper comes to it. */
const sent = () => asked.filter(({ url }) => !url.endsWith("/revoke"));

/** As Google answers at v1internal. */
function google({ url }: Asked): Behaviour {
  if (url.includes(":countTokens")) return json({ totalTokens: 7 });
  if (url.includes(":streamGenerateContent")) return { chunks: STREAM };
  return json({ response: JSON.parse(gemini.wholeContent("Hello")), traceId: "t1" });
}

function json(body: unknown, status = 200): Behaviour {
  return { status, headers: JSON_TYPE, chunks: [JSON.stringify(body)] };
}

let accounts = 0;

/** Signed in, at an address of its own. */
async function signedIn(kind: "code-assist" | "antigravity" = "code-assist", fields: object = {}) {
  const origin = `https://google-${accounts++}.test`;
  const made = { ...signedInToGoogle(kind), name: origin, base_url: origin, ...fields };
  const { status, body } = await loadedAs(LOADED, () => asAdmin("POST", "/admin/accounts", made));
  expect(status, JSON.stringify(body)).toBe(201);
  forgetSnapshot();
  return { id: body.id as string, origin };
}

async function answered(path: string, body: object, headers: Record<string, string> = CLI) {
  forgetSnapshot();
  // Not `ask`'s own members of Messages.
  const plain = { model: undefined, max_tokens: undefined, stream: undefined, messages: undefined };
  const response = await ask(key.key, { path, headers, body: { ...plain, ...body } });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function row(): Promise<Record<string, unknown>> {
  await leasesFreed(key.id);
  const found = await rows(key.id);
  expect(found).toHaveLength(1);
  return found[0] ?? {};
}

const CONTENTS = [{ role: "user", parts: [{ text: "hello" }] }];
const ENVELOPE = {
  model: "gemini-3.5-flash",
  project: "edge-relay",
  user_prompt_id: "prompt-1",
  request: { contents: CONTENTS, generationConfig: { temperature: 1 }, session_id: "session-1" },
};
const STREAMED = "/gemini/v1internal:streamGenerateContent?alt=sse";
const BARE = "/gemini/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse";

/** As if the provider had said of these models how much of them is used. */
async function counts(id: string, names: string[]): Promise<void> {
  const window = { scope: null, used: 0.1, status: null, reason: null, resetsAt: null };
  const windows = names.map((name) => ({ ...window, name, source: "retrieveUserQuota", readAt: Date.now() }));
  const health = JSON.stringify({ ...HEALTHY, quota: { deciding: null, windows } });
  await env.DB.batch([
    env.DB.prepare("INSERT OR REPLACE INTO account_health VALUES (?1, ?2, ?3)").bind(id, health, Date.now()),
    env.DB.prepare(
      "INSERT INTO settings VALUES ('health_version', 'x') ON CONFLICT DO UPDATE SET value = value || 'x'",
    ),
  ]);
}

describe("a pool of accounts alone whose provider has no list of models", () => {
  const read = async (path: string, headers: Record<string, string> = CLI) => {
    forgetSnapshot();
    const request = new Request(`https://relay.test${path}`, { headers: { ...headers, "x-goog-api-key": key.key } });
    const response = await exports.default.fetch(request);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const list = async (path: string) => {
    const { status, body } = await read(path);
    return [status, (body.models as { name: string }[])?.map(({ name }) => name)];
  };

  test("lists the models whose use is counted, and none before anybody has said that", async () => {
    const { id } = await signedIn();
    for (const path of ["/v1beta/models", "/gemini/v1beta/models"]) expect(await list(path)).toEqual([200, []]);
    await counts(id, ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-pro_input_tokens", "requests"]);
    expect(await list("/v1beta/models")).toEqual([200, ["models/gemini-2.5-pro", "models/gemini-2.5-flash"]]);
    expect(sent()).toEqual([]);
  });

  test("shows each model that it lists, and no other, without asking anybody", async () => {
    const { id } = await signedIn();
    expect((await read("/v1beta/models/gemini-2.5-pro")).status).toBe(404);
    await counts(id, ["gemini-2.5-pro", "requests"]);
    for (const base of ["/v1beta", "/gemini/v1beta"]) {
      expect(await read(`${base}/models/gemini-2.5-pro`)).toEqual({
        status: 200,
        body: {
          ...{ name: "models/gemini-2.5-pro", displayName: "gemini-2.5-pro" },
          supportedGenerationMethods: ["generateContent", "countTokens"],
        },
      });
      const { status, body } = await read(`${base}/models/gemini-9`);
      expect([status, body.error]).toEqual([404, expect.objectContaining({ status: "NOT_FOUND" })]);
    }
    expect(sent()).toEqual([]);
  });

  test("lists and shows them to clients of another format too, as far as they are its to serve", async () => {
    const { id } = await signedIn("antigravity");
    await counts(id, ["gemini-3-pro", "claude-sonnet-4-5"]);
    const headers = { "anthropic-version": "2023-06-01" };
    const { body } = await read("/antigravity/api/v1/models", headers);
    const ids = (body.data as { id: string }[]).map((model) => model.id);
    expect(ids).toEqual(["gemini-3-pro", "claude-sonnet-4-5"]);
    const { status, body: one } = await read("/antigravity/api/v1/models/claude-sonnet-4-5", headers);
    expect([status, one.id]).toEqual([200, "claude-sonnet-4-5"]);
    expect(sent()).toEqual([]);
  });
});

describe("Gemini CLI in Code Assist mode", () => {
  test("goes on with its own bytes but for the project, and gets the upstream's own", async () => {
    const { origin } = await signedIn();
    const { status, text, headers } = await answered(STREAMED, ENVELOPE);
    expect({ status, text }).toEqual({ status: 200, text: STREAM.join("") });
    expect(headers.has("x-edge-relay-dropped")).toBe(false);
    const [first] = sent();
    expect(first?.url).toBe(`${origin}/v1internal:streamGenerateContent?alt=sse`);
    expect(first?.body).toBe(JSON.stringify(ENVELOPE).replace('"edge-relay"', '"project-of-the-account"'));
    expect(Object.fromEntries(first?.headers ?? [])).toEqual({
      ...{ ...CLI, ...JSON_TYPE, "accept-encoding": "identity", authorization: "Bearer access-1" },
    });
    expect(await row()).toMatchObject({
      ...gemini.BOOKED,
      ...{ outcome: "completed", estimated: 0, model: "gemini-3.5-flash", client: "gemini_cli" },
    });
  });

  test("gets a whole answer as it is, and is booked by what is in its envelope", async () => {
    await signedIn();
    const { text } = await answered("/gemini/v1internal:generateContent", ENVELOPE);
    expect(JSON.parse(text)).toEqual({ response: JSON.parse(gemini.wholeContent("Hello")), traceId: "t1" });
    expect(await row()).toMatchObject(gemini.BOOKED);
  });

  test("may not choose the project, nor spend the account's credits, nor say anything twice", async () => {
    await signedIn();
    const spending = { ...ENVELOPE, project: "of-somebody-else", enabled_credit_types: ["GOOGLE_ONE_AI"] };
    const { headers } = await answered(STREAMED, spending);
    expect(headers.get("x-edge-relay-dropped")).toBe("enabledCreditTypes");
    expect(JSON.parse(sent()[0]?.body ?? "")).toEqual({
      ...ENVELOPE,
      ...{ project: "project-of-the-account", enabled_credit_types: [] },
    });
    const twice = await answered(STREAMED, { ...ENVELOPE, Project: "of-somebody-else" });
    expect(twice.status).toBe(400);
    expect(sent()).toHaveLength(1);
  });

  test("counts without a model of its own in the envelope, and books nothing", async () => {
    const { origin } = await signedIn("code-assist", { model_mapping: { "gemini-3.5-flash": "gemini-real" } });
    const request = { model: "models/gemini-3.5-flash", contents: CONTENTS };
    const { text } = await answered("/gemini/v1internal:countTokens", { request });
    expect(JSON.parse(text)).toEqual({ totalTokens: 7 });
    expect(sent()[0]).toMatchObject({
      url: `${origin}/v1internal:countTokens`,
      body: JSON.stringify({ request: { model: "models/gemini-real", contents: CONTENTS } }),
    });
    expect(await rows(key.id)).toEqual([]);
  });

  test("is served by an account with a key where the signed-in one is limited", async () => {
    const first = await signedIn("code-assist", { priority: 1 });
    const second = await makeAccount({ platform: "gemini", priority: 2 });
    behave(({ url }) =>
      url.startsWith(first.origin)
        ? json(gemini.errorOf(429, "RESOURCE_EXHAUSTED", "No more."), 429)
        : { chunks: gemini.streamOf(WORDS) },
    );
    const { text } = await answered(STREAMED, ENVELOPE);
    expect(text).toBe(
      gemini
        .chunksOf(WORDS)
        .map((response) => gemini.event({ response }))
        .join(""),
    );
    expect(sent().map(({ url }) => new URL(url).origin)).toEqual([first.origin, second.origin]);
    expect(JSON.parse(sent()[1]?.body ?? "")).toEqual({ contents: CONTENTS, generationConfig: { temperature: 1 } });
    expect(await row()).toMatchObject({ ...gemini.BOOKED, account_id: second.id });
  });
});

describe("Gemini CLI with a key", () => {
  test("goes on in an envelope, and gets its answers without one", async () => {
    const { origin } = await signedIn();
    const body = { contents: CONTENTS, generationConfig: { temperature: 1 } };
    const { text } = await answered(BARE, body);
    expect(text).toBe(gemini.streamOf(WORDS).join(""));
    expect(sent()[0]).toMatchObject({
      url: `${origin}/v1internal:streamGenerateContent?alt=sse`,
      body: JSON.stringify({ model: "gemini-3.5-flash", project: "project-of-the-account", request: body }),
    });
    expect(await row()).toMatchObject(gemini.BOOKED);
  });

  test("gets a whole answer, and a count, as the Gemini API writes them", async () => {
    await signedIn();
    const whole = await answered("/v1beta/models/gemini-3.5-flash:generateContent", { contents: CONTENTS });
    expect(JSON.parse(whole.text)).toEqual(JSON.parse(gemini.wholeContent("Hello")));
    const count = await answered("/v1beta/models/gemini-3.5-flash:countTokens", { contents: CONTENTS });
    expect(JSON.parse(count.text)).toEqual({ totalTokens: 7 });
    expect(JSON.parse(sent().at(-1)?.body ?? "")).toEqual({
      request: { model: "models/gemini-3.5-flash", contents: CONTENTS },
    });
  });

  test("has what it embeds and lists served elsewhere: there is nothing of the kind at v1internal", async () => {
    await signedIn();
    const { status } = await answered("/v1beta/models/gemini-embedding-001:embedContent", { content: CONTENTS[0] });
    expect(status).toBe(404);
    expect(sent()).toEqual([]);
  });
});

describe("another client", () => {
  const SDK = { "user-agent": "google-genai-sdk/1.30.0 gl-node/v24" };

  test("gets a 403 that says why from a Code Assist licence, and nothing is sent", async () => {
    await signedIn();
    for (const path of [BARE, "/gemini-cli/api/v1/messages"]) {
      const { status, text } = await answered(path, { model: "gemini-3.5-flash", max_tokens: 9, messages: [] }, SDK);
      expect(status, path).toBe(403);
      expect(text).toContain(
        "serve only the client they were issued for (gemini_cli), not this one (google_genai_sdk)",
      );
    }
    expect(sent()).toEqual([]);
  });

  test("gets the account with a key, where the pool has one", async () => {
    await signedIn("code-assist", { priority: 1 });
    const { origin } = await makeAccount({ platform: "gemini", priority: 2 });
    behave({ chunks: gemini.streamOf(WORDS) });
    expect((await answered(BARE, { contents: CONTENTS }, SDK)).status).toBe(200);
    expect(sent().map(({ url }) => new URL(url).origin)).toEqual([origin]);
  });
});

describe("a refusal", () => {
  const CLOUD_CODE = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", domain: "cloudcode-pa.googleapis.com" };
  const detailed = (code: number, status: string, ...details: object[]) =>
    json({ error: { ...gemini.errorOf(code, status, "Google's words").error, details } }, code);

  async function conditionAfter(behaviour: Behaviour) {
    const { id } = await signedIn();
    behave(behaviour);
    const answer = await answered(STREAMED, ENVELOPE);
    const { body } = await asAdmin("GET", `/admin/accounts/${id}`);
    return { ...answer, health: JSON.stringify(body) };
  }

  test("of a token is followed by its renewal, once, and the request is served", async () => {
    await signedIn();
    behave((one) => {
      if (one.url.includes("oauth2.googleapis.com")) return json({ access_token: "access-2", expires_in: 3_599 });
      return one.headers.get("authorization") === "Bearer access-2"
        ? google(one)
        : detailed(401, "UNAUTHENTICATED", { ...CLOUD_CODE, reason: "ACCESS_TOKEN_EXPIRED" });
    });
    const { status, text } = await answered(STREAMED, ENVELOPE);
    expect({ status, text }).toEqual({ status: 200, text: STREAM.join("") });
    expect(sent().map(({ url }) => new URL(url).pathname)).toEqual([
      "/v1internal:streamGenerateContent",
      "/token",
      "/v1internal:streamGenerateContent",
    ]);
  });

  test("for a person who has to be verified names that, and gives the client no address of theirs", async () => {
    const links = [{ description: "Verify", url: "https://accounts.google.com/verify?of=the-operator" }];
    const { status, text, health } = await conditionAfter(
      detailed(
        403,
        "PERMISSION_DENIED",
        { ...CLOUD_CODE, reason: "VALIDATION_REQUIRED", metadata: { validation_link: links[0]?.url } },
        { "@type": "type.googleapis.com/google.rpc.Help", links },
      ),
    );
    expect(status).toBe(424);
    expect(text).not.toContain("the-operator");
    expect(health).toContain("verification_required");
  });

  test("for a breach of Google's terms disables the account", async () => {
    const { status, health } = await conditionAfter(
      detailed(403, "PERMISSION_DENIED", { ...CLOUD_CODE, reason: "TOS_VIOLATION" }),
    );
    expect(status).toBe(424);
    expect(health).toContain("account_disabled");
  });

  test("for a quota of the model lasts until that starts over, and the client is told", async () => {
    const { status, text, headers, health } = await conditionAfter(
      detailed(429, "RESOURCE_EXHAUSTED", {
        ...{ ...CLOUD_CODE, reason: "QUOTA_EXHAUSTED" },
        metadata: { model: "gemini-3.5-flash", quotaResetDelay: "2h0m0s" },
      }),
    );
    expect(status).toBe(429);
    expect(text).toContain("Google's words");
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(7_000);
    expect(health).toContain("family_limit");
  });

  test("for a rate goes with the wait that RetryInfo asks for", async () => {
    const { headers, health } = await conditionAfter(
      detailed(
        429,
        "RESOURCE_EXHAUSTED",
        { ...CLOUD_CODE, reason: "RATE_LIMIT_EXCEEDED" },
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "42s" },
      ),
    );
    expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(42);
    expect(health).toContain("rate_limited");
  });

  test("for want of capacity is held against nothing but the model", async () => {
    const { status, health } = await conditionAfter(
      detailed(429, "RESOURCE_EXHAUSTED", { ...CLOUD_CODE, reason: "MODEL_CAPACITY_EXHAUSTED" }),
    );
    expect(status).toBe(429);
    expect(health).toContain("overloaded");
    expect(health).toContain("gemini-3.5-flash");
  });
});

test("an account whose project is not known yet is passed over, and nothing is sent in somebody's name", async () => {
  const { id } = await signedIn("code-assist", { project_id: "" });
  const { oauth, terms_acknowledged } = signedInToGoogle("code-assist");
  const again = () => asAdmin("PATCH", `/admin/accounts/${id}`, { oauth, terms_acknowledged });
  const { body } = await loadedAs({ currentTier: STANDARD }, again);
  expect(body.error.message).toMatch(/^project_id: is required.+The account has the new sign-in, and serves once/);
  forgetSnapshot();
  expect((await answered(STREAMED, ENVELOPE)).status).toBe(404);
  expect(sent().filter(({ url }) => url.includes("GenerateContent"))).toEqual([]);
});

test("models for want of the one that is asked are refused inside of an envelope as they are outside", async () => {
  await makeAccount({ platform: "gemini" });
  const request = { contents: [{ role: "user", parts: [{ text: "hello" }] }], models: ["gemini-3-pro"] };
  const body = { model: "gemini-2.5-flash", request, messages: undefined, max_tokens: undefined, stream: undefined };
  const response = await ask(key.key, { path: "/v1internal:generateContent", body });
  const text = await response.text();
  expect(response.status, text).toBe(400);
  expect(text).toContain("the relay sees to fallbacks itself");
  expect(sent()).toEqual([]);
});
