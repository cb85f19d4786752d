/** Writes a backup file: beside its place, for its owner only, and moves it there when it is complete. */
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

  /** Throws if the file cannot be created. */
  static async begin(path: string, header: NewHeader): Promise<BackupWriter> {
    const draft = `${path}.${process.pid}.part`;
    const { bytes, fileKey } = await beginFile(header);
    // A file with this process id was left by a killed process. The id is ours now, and in containers ids begin with the same numbers.
    await rm(draft, { force: true });
    const handle = await open(draft, "wx", 0o600);
    await handle.writeFile(bytes);
    return new BackupWriter(path, draft, handle, await chunkKey(fileKey, bytes), bytes.length);
  }

  async add(page: Page): Promise<void> {
    await this.#write(page, false);
    this.rows[page.part] = (this.rows[page.part] ?? 0) + page.rows.length;
  }

  /** Moves the file into its place, and returns its size in bytes. Null: another file has appeared there meanwhile, and stays. */
  async end(): Promise<number | null> {
    await this.#write({ end: { rows: this.rows } }, true);
    await this.#handle.sync();
    await this.#handle.close();
    if (!(await this.#take())) return null;
    // So that the name survives a power cut too. Windows cannot do this.
    const directory = await open(dirname(this.#path)).catch(() => null);
    await directory?.sync().catch(() => undefined);
    await directory?.close();
    return this.#bytes;
  }

  /** Removes what was written. It is safe to call at any time. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#draft, { force: true });
  }

  /** A hard link is created only if nothing has that name. Some file systems have no links. */
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
