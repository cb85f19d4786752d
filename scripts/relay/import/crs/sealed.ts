/**
 * How claude-relay-service seals: AES-256-CBC with a key that scrypt derives from its ENCRYPTION_KEY, with a salt for each kind of account
 * (src/utils/commonHelper.js and the services in src/services/account). The mode has no integrity check. A value that does not open is
 * recognised only by its padding.
 */
import { createDecipheriv, scryptSync } from "node:crypto";
import { isObject } from "../../../../src/ground/json.ts";

/** `<iv>:<ciphertext>` in hex. */
const SEALED = /^([0-9a-f]{32}):((?:[0-9a-f]{32})+)$/i;

export type Opened = { ok: true; value: string | undefined } | { ok: false; why: string };

const NO_KEY = "is sealed: give the ENCRYPTION_KEY that it was sealed with";
const WRONG_KEY = "does not open with this ENCRYPTION_KEY";

export class Opener {
  readonly #encryptionKey: string | null;
  /** Cached, because scrypt is slow on purpose. */
  readonly #keys = new Map<string, Buffer>();

  constructor(encryptionKey: string | null) {
    this.#encryptionKey = encryptionKey;
  }

  /** The text. What was exported unsealed stays unchanged. Undefined: there is none. */
  text(value: unknown, salt: string): Opened {
    if (isObject(value)) return this.#sealedObject(value, salt);
    if (typeof value !== "string" || value === "") return { ok: true, value: undefined };
    const [, iv, ciphertext] = SEALED.exec(value) ?? [];
    return iv && ciphertext ? this.#open(iv, ciphertext, salt) : { ok: true, value };
  }

  /** Bedrock's credentials: `{encrypted, iv}`, or unsealed. */
  #sealedObject(value: Record<string, unknown>, salt: string): Opened {
    const { encrypted, iv } = value;
    if (typeof encrypted === "string" && typeof iv === "string") return this.text(`${iv}:${encrypted}`, salt);
    return { ok: true, value: JSON.stringify(value) };
  }

  #open(iv: string, ciphertext: string, salt: string): Opened {
    if (this.#encryptionKey === null) return { ok: false, why: NO_KEY };
    let key = this.#keys.get(salt);
    if (!key) {
      key = scryptSync(this.#encryptionKey, salt, 32);
      this.#keys.set(salt, key);
    }
    try {
      const decipher = createDecipheriv("aes-256-cbc", key, Buffer.from(iv, "hex"));
      const bytes = Buffer.concat([decipher.update(Buffer.from(ciphertext, "hex")), decipher.final()]);
      return { ok: true, value: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
    } catch {
      return { ok: false, why: WRONG_KEY };
    }
  }
}
