/** Files that a run which is cut short must not leave halved: written beside, and put in their place when they are whole. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** `mode`: permission bits of the file; its directories, where they have to be made, are for their owner alone. Throws as `node:fs` does. */
export function writeWhole(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Where somebody keeps it elsewhere, the link stays.
  const target = existsSync(path) ? realpathSync(path) : path;
  const draft = `${target}.${process.pid}.new`;
  try {
    const file = openSync(draft, "w", mode);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // The mode above is that of a new file, and less what the umask takes.
    chmodSync(draft, mode);
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
