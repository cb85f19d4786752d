/** How a request has ended: what its client got, and what is left of it. */
import { expect } from "vitest";
import type { RelayUnderTest, RequestRow } from "./relay-under-test.ts";

/** Reads a response until it ends or breaks; `broke` says which. */
export async function readAll(response: Response): Promise<{ text: string; broke: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text, broke: false };
  } catch {
    return { text, broke: true };
  }
}

/** The only row of a key, after proving that its lease is free, that there is no second row, and that the upstream is closed. */
export async function settledOnce(
  relay: RelayUnderTest,
  key: { id: string },
  upstream = relay.upstream,
): Promise<RequestRow> {
  const [row] = await relay.rows(key.id, 1);
  expect(await relay.report(key.id)).toMatchObject({ leases: [], totals: { requests: 1 } });
  expect(await relay.rows(key.id, 1)).toHaveLength(1);
  for (const { closed } of upstream.received) await closed;
  expect(upstream.open).toBe(0);
  if (!row) throw new Error("no row");
  return row;
}
