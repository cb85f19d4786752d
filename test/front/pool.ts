/** Several accounts, each with an upstream of its own, in one relay. */
import { FakeUpstream } from "./fake-upstream.ts";
import type { RelayUnderTest } from "./relay-under-test.ts";

export interface Member {
  id: string;
  upstream: FakeUpstream;
}

/** Replaces the relay's accounts by `count` new ones, of equal priority unless `fields` says otherwise. */
export async function poolOf(
  relay: RelayUnderTest,
  count: number,
  fields: (index: number) => Record<string, unknown> = () => ({}),
): Promise<Member[]> {
  const { items } = await relay.admin<{ items: { id: string }[] }>("GET", "/admin/accounts?limit=100");
  for (const { id } of items) await relay.admin("DELETE", `/admin/accounts/${id}`);
  const members: Member[] = [];
  for (let index = 0; index < count; index++) {
    const upstream = new FakeUpstream();
    const account = await relay.admin<{ id: string }>("POST", "/admin/accounts", {
      name: `member ${index}`,
      platform: "anthropic",
      kind: "api-key",
      base_url: await upstream.start(),
      api_key: `sk-member-${index}`,
      ...fields(index),
    });
    members.push({ id: account.id, upstream });
  }
  return members;
}

export async function stopAll(members: Member[]): Promise<void> {
  await Promise.all(members.map(({ upstream }) => upstream.stop()));
}
