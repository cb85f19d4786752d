/** Writes a backup file: beside its place, for its owner alone, and put there when it is whole. */
import { existsSync } from "node:fs";
import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { sealChunk } from "../../../src/backup/file/chunks.ts";
import { beginFile, chunkKey, type NewHeader } from "../../../src/backup/file/header.ts";
import type { End, Page } from "../../../src/backup/file/page.ts";

export class BackupWriter {
  readonly #path: string;
  readonly #draft: string;
  readonly #handle: FileHandle;
  readonly #key: CryptoKey;
  #chunks = 0;
  #bytes: number;
  readonly rows: Record<string, number> = {};

  private constructor(path: string, draft: string, handle: FileHandle, key: CryptoKey, bytes: number) {
    this.#path = path;
    this.#draft = draft;
    this.#handle = handle;
    this.#key = key;
    this.#bytes = bytes;
  }

  /** Throws where the file cannot be made. */
  static async begin(path: string, header: NewHeader): Promise<BackupWriter> {
    const draft = `${path}.${process.pid}.part`;
    const { bytes, fileKey } = await beginFile(header);
    // One with this number was left by a process that was killed: this one has the number now, and containers begin with the same.
    await rm(draft, { force: true });
    const handle = await open(draft, "wx", 0o600);
    await handle.writeFile(bytes);
    return new BackupWriter(path, draft, handle, await chunkKey(fileKey, bytes), bytes.length);
  }

  async add(page: Page): Promise<void> {
    await this.#write(page, false);
    this.rows[page.part] = (this.rows[page.part] ?? 0) + page.rows.length;
  }

  /** Puts the file in its place; how many bytes it has. Null: somebody else's has come there meanwhile, and stays as it is. */
  async end(): Promise<number | null> {
    await this.#write({ end: { rows: this.rows } }, true);
    await this.#handle.sync();
    await this.#handle.close();
    if (!(await this.#take())) return null;
    // So that the name outlives a power cut, too. Windows has no such thing.
    const directory = await open(dirname(this.#path)).catch(() => null);
    await directory?.sync().catch(() => undefined);
    await directory?.close();
    return this.#bytes;
  }

  /** Leaves nothing behind. Safe to call at any time. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#draft, { force: true });
  }

  /** A link is made only where nothing is; some disks have none. */
  async #take(): Promise<boolean> {
    try {
      await link(this.#draft, this.#path);
      await rm(this.#draft, { force: true });
      return true;
    } catch {
      if (existsSync(this.#path)) return false;
      await rename(this.#draft, this.#path);
      return true;
    }
  }

  async #write(text: Page | End, isLast: boolean): Promise<void> {
    const chunk = await sealChunk(this.#key, this.#chunks++, isLast, JSON.stringify(text));
    await this.#handle.writeFile(chunk);
    this.#bytes += chunk.length;
  }
}
