/** Where a client's files are on this machine. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { System } from "../system.ts";
import type { ConfigurationFile } from "./clients/client.ts";

export function pathOf(system: Pick<System, "env" | "home">, file: ConfigurationFile): string {
  const places = file.paths.map((path) => placeOf(system, file, path));
  return places.find((place) => existsSync(place)) ?? places[0] ?? "";
}

function placeOf({ env, home }: Pick<System, "env" | "home">, { elsewhere }: ConfigurationFile, path: string): string {
  const instead = elsewhere && env[elsewhere.variable];
  if (!instead) return join(home, path);
  return join(instead, path.slice(elsewhere.insteadOf.length));
}
