/**
 * The relay as its users see it: the built Worker in workerd behind a real socket, real D1 and Durable Objects, and a fake upstream.
 * Everything is created through the admin API, as a person would do it. All files of a process share one relay (`shared-relays.ts`). They
 * run one after the other, and each empties it first.
 */
import type { LimitState } from "../../src/gate/limits.ts";
import { FakeUpstream } from "./fake-upstream.ts";
import { ownRelay } from "./own-relay.ts";
import type { Connection } from "./shared-relays.ts";

export { ADMIN_PASSWORD } from "./admin-password.ts";

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

export class RelayUnderTest {
  readonly upstream = new FakeUpstream();
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly #token: string;

  /** `connection`: by default the one that the tests share; a script may have opened another. */
  constructor(connection: Connection = ownRelay()) {
    this.url = connection.url;
    this.#token = connection.token;
  }

  /** Takes the relay over: empty, except for an account that leads to `upstream`. */
  async start(): Promise<this> {
    await this.#command({ empty: true });
    await this.admin("POST", "/admin/accounts", {
      name: "fake",
      platform: "anthropic",
      kind: "api-key",
      base_url: await this.upstream.start(),
      api_key: "sk-upstream-secret",
    });
    return this;
  }

  async stop(): Promise<void> {
    await this.upstream.stop();
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

  /** A Messages request. `body` is merged into a minimal one; a string or bytes are sent unchanged. */
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
      await this.flush(keyId);
      const { items } = await this.admin<{ items: RequestRow[] }>("GET", `/admin/requests?key_id=${keyId}&limit=100`);
      if (items.length >= count) return items;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Fewer than ${count} rows of key ${keyId} arrived`);
  }

  /** The live figures of a key's gate. */
  async report(keyId: string): Promise<LimitState & { unflushed: number }> {
    return (await this.#command({ gate: keyId, method: "report" })) as LimitState & { unflushed: number };
  }

  async flush(keyId: string): Promise<void> {
    await this.#command({ gate: keyId, method: "flush" });
  }

  /** Destroys the gate in memory, as a deploy or a crash does; what it has stored stays. */
  async tearDownGate(keyId: string): Promise<void> {
    await this.#command({ gate: keyId, method: "tearDown" });
  }

  /** Forgets what is held against accounts, so that a test begins with healthy ones. */
  async forgiveAccounts(): Promise<void> {
    await this.#command({ forgive: true });
  }

  /** Makes the next ledger writes fail, before reaching D1 or after it has committed. */
  async failLedgerWrites(faults: { before?: number; after?: number }): Promise<void> {
    await this.#command({ faults });
  }

  async sql<Row = Record<string, unknown>>(sql: string, ...params: unknown[]): Promise<Row[]> {
    return (await this.#command({ sql, params })) as Row[];
  }

  async #command(command: Record<string, unknown>): Promise<unknown> {
    const response = await this.fetch("/__test", { method: "POST", body: JSON.stringify(command) });
    if (!response.ok) throw new Error(`${JSON.stringify(command)}: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { value: unknown }).value;
  }
}
