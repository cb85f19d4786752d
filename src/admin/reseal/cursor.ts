/** The position of a re-sealing pass between two steps. The caller keeps it, so nothing is stored and any step may be repeated. */
import { fromBase64url, toBase64url } from "../../ground/base64url.ts";
import { array, parse } from "../../ground/json.ts";

export const PASS = [
  "credentials",
  "sign_ins",
  "api_keys",
  "oauth_flows",
  "egress_headers",
  "alert_channels",
  "key_secrets",
] as const;
export type PassPart = (typeof PASS)[number];

export interface Cursor {
  /** The newest key when the pass began. */
  keyId: string;
  part: PassPart;
  /** The row after which it continues; null: the beginning of the part. */
  after: Row | null;
  resealed: number;
  notResealed: number;
  left: number;
}

/** A row by its primary key. */
export interface Row {
  id: string;
  /** 0 if rows have none. */
  position: number;
}

export function writeCursor({ keyId, part, after, resealed, notResealed, left }: Cursor): string {
  const values = [keyId, part, after?.id ?? null, after?.position ?? 0, resealed, notResealed, left];
  return toBase64url(new TextEncoder().encode(JSON.stringify(values)));
}

/** Null if the text is no cursor of ours. */
export function readCursor(text: string): Cursor | null {
  const values = array(parse(textIn(text)));
  if (values.length !== 7) return null;
  const [keyId, partName, id, position, resealed, notResealed, left] = values;
  const part = PASS.find((known) => known === partName);
  if (typeof keyId !== "string" || part === undefined || (id !== null && typeof id !== "string")) return null;
  if (!isCount(position) || !isCount(resealed) || !isCount(notResealed) || !isCount(left)) return null;
  return { keyId, part, after: id === null ? null : { id, position }, resealed, notResealed, left };
}

function textIn(cursor: string): string {
  try {
    return new TextDecoder().decode(fromBase64url(cursor));
  } catch {
    return "";
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
