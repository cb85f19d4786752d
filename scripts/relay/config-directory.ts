/** Where a program keeps its data about a user, by the convention of each platform. Pure. */
import { posix, win32 } from "node:path";
import type { System } from "./system.ts";

const NAME = "edge-relay";

/** XDG_CONFIG_HOME counts first if it is set. According to its specification, a relative path is ignored. */
export function configDirectory({ env, platform, home }: Pick<System, "env" | "platform" | "home">): string {
  const { XDG_CONFIG_HOME: xdg, APPDATA: appData } = env;
  if (platform === "win32") return win32.join(appData || win32.join(home, "AppData", "Roaming"), NAME);
  if (xdg && posix.isAbsolute(xdg)) return posix.join(xdg, NAME);
  if (platform === "darwin") return posix.join(home, "Library", "Application Support", NAME);
  return posix.join(home, ".config", NAME);
}
