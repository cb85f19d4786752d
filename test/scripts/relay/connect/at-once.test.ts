/** Two command lines that connect at once, and one that was killed before. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Wanted } from "../../../../scripts/relay/connect/clients/client.ts";
import { CLIENTS } from "../../../../scripts/relay/connect/clients/clients.ts";
import { connect, disconnect } from "../../../../scripts/relay/connect/connect.ts";
import { readConnections } from "../../../../scripts/relay/connect/state.ts";
import type { System } from "../../../../scripts/relay/system.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "edge-relay-home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const systemAt = (now: () => number) => ({ home, env: {}, platform: "linux", now }) as unknown as System;
const wanted: Wanted = { origin: "https://relay.test", key: { from: "file", key: "er_0123456789" }, model: null };

function clientOf(id: string) {
  const client = CLIENTS.find((each) => each.id === id);
  if (!client) throw new Error(`There is no client ${id}`);
  return client;
}

it("a client that is connected while another one is being connected is remembered, and can be disconnected", () => {
  const meanwhile = systemAt(() => {
    expect(connect(systemAt(Date.now), clientOf("codex"), wanted).ok).toBe(true);
    return Date.now();
  });
  expect(connect(meanwhile, clientOf("claude"), wanted).ok).toBe(true);
  const known = readConnections(systemAt(Date.now));
  expect(known.ok && known.value.map(({ client }) => client).sort()).toEqual(["claude", "codex"]);
  for (const id of ["codex", "claude"]) expect(disconnect(systemAt(Date.now), id).ok).toBe(true);
});

it("what a killed process of the same number has left beside a file keeps nobody from writing it", () => {
  const path = join(home, ".claude/settings.json");
  mkdirSync(join(home, ".claude"));
  writeFileSync(`${path}.${process.pid}.new`, "half a fi");
  expect(connect(systemAt(Date.now), clientOf("claude"), wanted)).toMatchObject({ ok: true });
  expect(readFileSync(path, "utf8")).toContain("https://relay.test");
});
