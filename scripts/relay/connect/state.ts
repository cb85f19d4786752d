/**
 * What is connected here: `connections.json` in the command line's own directory, and beside it the copies of the former files. A copy may
 * contain other secrets of a client, so nobody else may read it. It is deleted when the client is disconnected.
 */
import { join } from "node:path";
import * as z from "zod";
import { parse } from "../../../src/ground/json.ts";
import { configDirectory } from "../config-directory.ts";
import { failed, type Outcome } from "../failure.ts";
import type { System } from "../system.ts";
import { readContent, removeFile, replaceFile } from "./files.ts";
import type { Json } from "./formats/format.ts";
import type { OwnedFile } from "./plan.ts";

const json: z.ZodType<Json> = z.json();
const path = z.array(z.union([z.string(), z.record(z.string(), z.string())]));
const owned = z.object({
  path,
  value: json,
  volatile: z.literal(true).exactOptional(),
  before: z.string().nullable(),
  made: z.int(),
  inside: z.string().exactOptional(),
  place: z.object({ behind: z.array(z.string()), source: z.string(), skipped: z.string() }).exactOptional(),
  unended: z.string().exactOptional(),
});
const file = z.object({
  path: z.string(),
  format: z.enum(["json", "toml", "dotenv"]),
  owned: z.array(owned),
  wrote: z.string(),
  mode: z.int().nullable(),
  backup: z.string().nullable(),
  directories: z.array(z.string()),
});
const connection = z.object({ client: z.string(), origin: z.string(), since: z.string(), files: z.array(file) });
const schema = z.object({ version: z.literal(1), connections: z.array(connection) });

export interface Connected {
  client: string;
  origin: string;
  /** ISO 8601. */
  since: string;
  files: OwnedFile[];
}

type Place = Pick<System, "env" | "platform" | "home">;

export function statePath(system: Place): string {
  return join(configDirectory(system), "connections.json");
}

export function readConnections(system: Place): Outcome<Connected[]> {
  const path = statePath(system);
  const content = readContent(path);
  if (!content.ok) return content;
  if (content.value === null) return { ok: true, value: [] };
  const parsed = schema.safeParse(parse(content.value.text));
  if (parsed.success) return { ok: true, value: parsed.data.connections };
  return failed("failed", `${path} is not what was written there.`, "Mend it; the copies of your files lie beside it.");
}

export function writeConnections(system: Place, connections: readonly Connected[]): Outcome<unknown> {
  const path = statePath(system);
  if (connections.length === 0) return removeFile(path, []);
  return replaceFile(path, `${JSON.stringify({ version: 1, connections }, null, 2)}\n`, null);
}

/** The path of the copy of a client's file. */
export function backupPath(system: Place, client: string, index: number): string {
  return join(configDirectory(system), "backups", `${client}-${index}`);
}
