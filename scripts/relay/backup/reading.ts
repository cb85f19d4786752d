/**
 * Reads a backup file: first all of it, before anything is done with it, so that a file which is damaged, truncated, somebody else's or of
 * a later version is refused as a whole; then again, page by page.
 */
import { type FileHandle, open } from "node:fs/promises";
import { type ChunkFault, chunkLength, LENGTH_BYTES, openChunk } from "../../../src/backup/file/chunks.ts";
import {
  chunkKey,
  FORMAT,
  HEADER_AT_MOST,
  type Header,
  type HeaderFault,
  openFileKey,
  readHeader,
} from "../../../src/backup/file/header.ts";
import { type End, type Page, secretsPurpose } from "../../../src/backup/file/page.ts";
import { type Derive, unbox, unlock } from "../../../src/backup/file/recipient.ts";
import { isObject, parse } from "../../../src/ground/json.ts";
import { failed, type Outcome } from "../failure.ts";

/** A page with its box opened. */
export interface OpenPage extends Page {
  /** A row's place → its secret. */
  secrets: Record<string, string>;
}

/** The totals of the figures in a part's rows. */
export interface Sums {
  requests: number;
  tokens: number;
  cost_nanos: number;
}

export interface Contents {
  rows: Record<string, number>;
  sums: Record<string, Sums>;
}

const WHY: Record<HeaderFault | ChunkFault, string> = {
  not_a_backup: "is no backup of an Edge Relay",
  newer_format: `was made by a later version, whose files this one cannot read (this one reads format ${FORMAT})`,
  damaged: "is damaged",
  truncated: "ends before its end: a part of it is missing",
  extended: "has something behind its end",
};

/** Thrown by a reading that cannot continue. */
class Unreadable extends Error {}

export class BackupReader {
  readonly header: Header;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #start: number;
  #keys: { own: CryptoKey; chunks: CryptoKey } | undefined;

  private constructor(path: string, handle: FileHandle, header: Header, start: number) {
    this.#path = path;
    this.#handle = handle;
    this.header = header;
    this.#start = start;
  }

  static async open(path: string): Promise<Outcome<BackupReader>> {
    let handle: FileHandle;
    try {
      handle = await open(path);
    } catch (error) {
      return failed("usage", `${path} cannot be read: ${error instanceof Error ? error.message : error}`);
    }
    const beginning = await readAt(handle, 0, HEADER_AT_MOST);
    const read = readHeader(beginning);
    if (read.ok) return { ok: true, value: new BackupReader(path, handle, read.value.header, read.value.length) };
    await handle.close();
    return refused(path, read.refusal);
  }

  /** Opens and reads all of it, and returns its contents. A failure says what is wrong with it. */
  async verify(derive: Derive): Promise<Outcome<Contents>> {
    const own = await unlock(this.header.recipient, derive);
    if (!own) return failed("failed", `The passphrase is not the one of ${this.#path}. Nothing was changed.`);
    const fileKey = await openFileKey(this.header, own);
    if (!fileKey) return refused(this.#path, "damaged");
    this.#keys = { own, chunks: await chunkKey(fileKey, await readAt(this.#handle, 0, this.#start)) };
    try {
      return { ok: true, value: await this.#count() };
    } catch (error) {
      if (error instanceof Unreadable) return failed("failed", `${this.#path} ${error.message}. Nothing was changed.`);
      throw error;
    }
  }

  /** Its pages, in the order in which they are restored. Call it after `verify`. */
  async *pages(): AsyncGenerator<OpenPage> {
    for await (const { value } of this.#chunks()) {
      if (isPage(value)) yield { ...value, secrets: await this.#secretsOf(value) };
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #count(): Promise<Contents> {
    const contents: Contents = { rows: {}, sums: {} };
    let end: End | undefined;
    for await (const { value, isLast } of this.#chunks()) {
      if (isLast) end = value as End;
      else if (!isPage(value)) throw new Unreadable(WHY.damaged);
      else {
        // Otherwise a box that does not open would be found in the middle of a restore.
        await this.#secretsOf(value);
        countPage(contents, value);
      }
    }
    const said = isObject(end) && isObject(end.end) && isObject(end.end.rows) ? end.end.rows : {};
    const differs = [...new Set([...Object.keys(said), ...Object.keys(contents.rows)])].some(
      (part) => (said[part] ?? 0) !== (contents.rows[part] ?? 0),
    );
    if (!end || differs) throw new Unreadable("does not have as many rows as it says");
    return contents;
  }

  async *#chunks(): AsyncGenerator<{ value: unknown; isLast: boolean }> {
    const { chunks: key } = this.#opened();
    const { size } = await this.#handle.stat();
    let at = this.#start;
    for (let index = 0; at < size || index === 0; index++) {
      const lengthBytes = await readAt(this.#handle, at, LENGTH_BYTES);
      const length = lengthBytes.length === LENGTH_BYTES ? chunkLength(lengthBytes) : undefined;
      if (length === null) throw new Unreadable(WHY.damaged);
      if (length === undefined || at + LENGTH_BYTES + length > size) throw new Unreadable(WHY.truncated);
      const chunk = await readAt(this.#handle, at + LENGTH_BYTES, length);
      at += LENGTH_BYTES + length;
      const opened = await openChunk(key, index, at === size, chunk);
      if (!opened.ok) throw new Unreadable(WHY[opened.refusal]);
      yield { value: parse(opened.value), isLast: at === size };
    }
  }

  async #secretsOf({ part, box }: Page): Promise<Record<string, string>> {
    if (box === undefined) return {};
    const plain = await unbox(box, this.#opened().own, this.header.recipient.public_key, secretsPurpose(part));
    const secrets = plain && parse(new TextDecoder().decode(plain));
    if (!isObject(secrets)) throw new Unreadable(WHY.damaged);
    return secrets as Record<string, string>;
  }

  #opened(): { own: CryptoKey; chunks: CryptoKey } {
    if (!this.#keys) throw new Error("A backup is verified before it is read");
    return this.#keys;
  }
}

function refused(path: string, fault: HeaderFault): { ok: false; refusal: { exit: "failed"; message: string } } {
  return { ok: false, refusal: { exit: "failed", message: `${path} ${WHY[fault]}. Nothing was changed.` } };
}

function isPage(value: unknown): value is Page {
  return isObject(value) && typeof value.part === "string" && Array.isArray(value.columns) && Array.isArray(value.rows);
}

const TOKENS = ["input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens"];

function countPage({ rows, sums }: Contents, { part, columns, rows: given }: Page): void {
  rows[part] = (rows[part] ?? 0) + given.length;
  const sum = (names: readonly string[]) => {
    const places = names.map((name) => columns.indexOf(name)).filter((place) => place >= 0);
    return given.reduce((total, row) => places.reduce((so, place) => so + Number(row[place]), total), 0);
  };
  const before = sums[part] ?? { requests: 0, tokens: 0, cost_nanos: 0 };
  sums[part] = {
    requests: before.requests + sum(["requests"]),
    tokens: before.tokens + sum(TOKENS),
    cost_nanos: before.cost_nanos + sum(["cost_nanos"]),
  };
}

/** Up to `length` bytes; fewer if the file ends before. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await handle.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}
