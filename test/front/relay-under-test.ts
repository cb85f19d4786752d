/**
 * The relay as its users meet it: the built Worker in workerd behind a real socket, real D1 and Durable Objects, a
 * fake upstream. Everything is made through the admin API, as a person would.
 */
import { createTestHarness } from "wrangler";
import type { KeyGate } from "../../src/gate/gate.ts";
import { FakeUpstream } from "./fake-upstream.ts";

export const ADMIN_PASSWORD = "front-door-password";

export interface RequestRow {
  id: string;
  key_id: string;
  account_id: string | null;
  model: string;
  status: number;
  outcome: string;
  stream: boolean;
  estimated: boolean;
  input_tokens: number;
  output_tokens: number;
  ttft_ms: number | null;
  [column: string]: unknown;
}

type Bindings = { DB: D1Database; GATE: DurableObjectNamespace<KeyGate> };

export class RelayUnderTest {
  readonly upstream = new FakeUpstream();
  readonly #harness = createTestHarness({
    workers: [
      {
        configPath: new URL("../../wrangler.toml", import.meta.url),
        vars: { ALLOW_PRIVATE_UPSTREAMS: "1" },
        secrets: {
          ADMIN_PASSWORD,
          JWT_SECRET: "front-jwt-secret-0123456789abcdef0123456789abcdef",
          ENCRYPTION_KEY: "front-encryption-key-0123456789abcdef01234567",
          KEY_SECRET: "front-key-secret-0123456789abcdef0123456789abcd",
        },
      },
    ],
  });
  /** Base URL without a trailing slash. */
  url = "";
  #token = "";

  async start(): Promise<this> {
    const { url } = await this.#harness.listen();
    this.url = url.origin;
    await this.#harness.getWorker<Bindings>().applyD1Migrations("DB");
    const baseUrl = await this.upstream.start();
    const login = await this.fetch("/admin/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: "admin", password: ADMIN_PASSWORD }),
    });
    this.#token = ((await login.json()) as { access_token: string }).access_token;
    await this.admin("POST", "/admin/accounts", {
      name: "fake",
      platform: "anthropic",
      kind: "api-key",
      base_url: baseUrl,
      api_key: "sk-upstream-secret",
    });
    return this;
  }

  async stop(): Promise<void> {
    await this.upstream.stop();
    await this.#harness.close();
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  /** Calls the admin API; throws on anything but success. */
  async admin<Answer = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await this.fetch(path, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  /** A new key with these limits. */
  makeKey(fields: Record<string, unknown> = {}): Promise<{ id: string; api_key: string }> {
    return this.admin("POST", "/admin/api-keys", { name: "test", ...fields });
  }

  /** A Messages request. `body` is merged into a minimal one; a string or bytes are sent as they are. */
  messages(
    key: string,
    body: Record<string, unknown> | string | Uint8Array = {},
    options: { path?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Response> {
    const { path = "/v1/messages", headers = {}, signal } = options;
    const minimal = { model: "claude-sonnet-4-5", max_tokens: 100, messages: [{ role: "user", content: "hello" }] };
    const raw = typeof body === "string" || body instanceof Uint8Array;
    return this.fetch(path, {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json", "anthropic-version": "2023-06-01", ...headers },
      body: raw ? (body as BodyInit) : JSON.stringify({ ...minimal, ...body }),
      ...(signal && { signal }),
    });
  }

  /** The newest request rows of a key, once there are `count` of them. */
  async rows(keyId: string, count: number): Promise<RequestRow[]> {
    for (let attempt = 0; attempt < 100; attempt++) {
      await this.gate(keyId, (gate) => gate.flush());
      const { items } = await this.admin<{ items: RequestRow[] }>("GET", `/admin/requests?key_id=${keyId}&limit=100`);
      if (items.length >= count) return items;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Fewer than ${count} rows of key ${keyId} arrived`);
  }

  /** Calls the gate of a key directly, for what has no public face. */
  async gate<Value>(keyId: string, use: (gate: DurableObjectStub<KeyGate>) => Promise<Value>): Promise<Value> {
    const env = await this.env();
    return use(env.GATE.getByName(keyId));
  }

  env(): Promise<Bindings> {
    return this.#harness.getWorker<Bindings>().getEnv();
  }

  evictGate(keyId: string): Promise<void> {
    return this.#harness.getWorker<Bindings>().evictDurableObject("GATE", { name: keyId });
  }
}
