/** The clients, and to what each of them is connected. */
import type { Outcome } from "../failure.ts";
import type { Output } from "../output.ts";
import type { System } from "../system.ts";
import { when } from "../words.ts";
import { CLIENTS } from "./clients/clients.ts";
import { digest, readContent } from "./files.ts";
import { readConnections } from "./state.ts";

export interface ListedClient {
  client: string;
  name: string;
  /** Whether `connect` can write its settings; otherwise it shows them. */
  writes: boolean;
  connected: {
    origin: string;
    since: string;
    files: { path: string; state: "as written" | "changed since" | "gone" }[];
  } | null;
}

export function listed(system: System): Outcome<ListedClient[]> {
  const connections = readConnections(system);
  if (!connections.ok) return connections;
  const rows = CLIENTS.map(({ id, name, connects }) => {
    const found = connections.value.find(({ client }) => client === id);
    const files = found?.files.map(({ path, wrote }) => ({ path, state: stateOf(path, wrote) })) ?? [];
    const connected = found ? { origin: found.origin, since: found.since, files } : null;
    return { client: id, name, writes: connects !== undefined, connected };
  });
  return { ok: true, value: rows };
}

function stateOf(path: string, wrote: string): "as written" | "changed since" | "gone" {
  const content = readContent(path);
  if (!content.ok || content.value === null) return "gone";
  return digest(content.value.text) === wrote ? "as written" : "changed since";
}

export function listText(rows: readonly ListedClient[], output: Output): string {
  const table = rows.map(({ client, name, writes, connected }) => [
    client,
    name,
    connected ? connected.origin : writes ? "" : "by hand",
    connected ? when(connected.since) : "",
    connected ? connected.files.map(({ path, state }) => `${path} (${state})`).join(", ") : "",
  ]);
  return output.table(["client", "name", "connected to", "since", "files"], table);
}
