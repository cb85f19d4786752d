/** The command of Claude Code's status line: this clone's own Node with a small program, because it runs after every message. */
import { posix, win32 } from "node:path";
import type { System } from "../system.ts";

export function statusLineCommand({ root, platform }: Pick<System, "root" | "platform">): string {
  const { join } = platform === "win32" ? win32 : posix;
  const node = join(root, "node_modules", "node", "bin", platform === "win32" ? "node.exe" : "node");
  return [node, join(root, "scripts", "statusline.ts")].map((path) => JSON.stringify(path)).join(" ");
}
