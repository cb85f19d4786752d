/** A relay with one account, whose upstream behaves as a test says, and checks of that account. */
import type { AccountCheckView, AccountHealthView, KeyCheckView } from "../../src/admin/accounts/schema.ts";
import type { Behaviour } from "./fake-upstream.ts";
import { errorOf, streamOf } from "./messages.ts";
import { type Member, poolOf, stopAll } from "./pool.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

export const JSON_TYPE = { "content-type": "application/json" };
export const GOOD: Behaviour = { chunks: streamOf(["O", "K"], "claude-haiku-4-5-20251001") };

export const error = (
  status: number,
  type: string,
  message = "no",
  headers: Record<string, string> = {},
): Behaviour => ({
  status,
  headers: { ...JSON_TYPE, ...headers },
  chunks: [JSON.stringify(errorOf(type, message))],
});

export class CheckedRelay extends RelayUnderTest {
  #members: Member[] = [];

  /** One account whose upstream behaves in this way. */
  async accountThat(behaviour: Behaviour, fields: Record<string, unknown> = {}): Promise<Member> {
    this.#members = await poolOf(this, 1, () => fields);
    const [member] = this.#members;
    if (!member) throw new Error("no account was made");
    member.upstream.behave(behaviour);
    return member;
  }

  /** Checks all keys of an account, without events. */
  tested(id: string, query = "", body?: object): Promise<AccountCheckView> {
    return this.admin<AccountCheckView>("POST", `/admin/accounts/${id}/test?stream=false${query}`, body);
  }

  /** The result of a check of such an account for its only key. */
  async resultOf(behaviour: Behaviour, fields: Record<string, unknown> = {}): Promise<KeyCheckView> {
    const { id } = await this.accountThat(behaviour, fields);
    const { results, ok } = await this.tested(id);
    const [result] = results;
    if (!result || results.length > 1 || ok !== result.ok) throw new Error(`of one key: ${JSON.stringify(results)}`);
    return result;
  }

  healthOf(id: string): Promise<AccountHealthView> {
    return this.admin<AccountHealthView>("GET", `/admin/accounts/${id}/health`);
  }

  async stopUpstreams(): Promise<void> {
    await stopAll(this.#members);
  }
}
