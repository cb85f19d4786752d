/** The shapes of backing up and restoring in the API. A secret is returned only in a box for its recipient. */
import * as z from "zod/mini";
import { readCursor } from "../../backup/cursor.ts";
import type { Page, Value } from "../../backup/file/page.ts";
import { isPublicKey } from "../../backup/file/recipient.ts";
import { EXTRAS, PARTS, type PartName } from "../../backup/parts.ts";
import type { Written } from "../../backup/write.ts";
import { textOf } from "../../ground/shape.ts";
import { cursorOf } from "../api/paging.ts";

const MOST_ROWS = 1_000;
const MOST_COLUMNS = 100;
/** A service account's key has about 2,400 characters, and all headers of a gateway together at most 60,000. */
const MOST_SECRET = 100_000;

export const permitBody = z.discriminatedUnion("purpose", [
  z.strictObject({
    purpose: z.literal("backup"),
    password: textOf(0, 1_000),
    /** The recipient for whom secrets are put into boxes: an X25519 public key, base64url. */
    public_key: z.string().check(z.refine(isPublicKey, "must be 32 bytes in base64url")),
    with: z._default(z.array(z.enum(EXTRAS)).check(z.maxLength(EXTRAS.length)), []),
  }),
  z.strictObject({ purpose: z.literal("restore"), password: textOf(0, 1_000) }),
]);
export type PermitInput = z.output<typeof permitBody>;

export interface PermitView {
  permit: string;
  expires_at: string;
  /** The schema of this relay. It does not restore a backup with a later one. */
  schema: number;
  /** The existing parts, in the order in which they are restored. */
  parts: PartName[];
}

const permit = textOf(0, 2_000);
const part = z.enum(PARTS);

export const pageBody = z.strictObject({
  permit,
  part,
  /** The `next_cursor` of the page before. */
  cursor: cursorOf(1_000, readCursor),
});
export type PageInput = z.output<typeof pageBody>;

export interface PageView {
  page: Page;
  next_cursor: string | null;
}

export const rowsBody = z
  .strictObject({
    permit,
    part,
    columns: z.array(z.string().check(z.regex(/^[a-z0-9_]{1,64}$/))).check(z.maxLength(MOST_COLUMNS)),
    // As one value: to check tens of thousands of values one by one would use up a free Worker's CPU.
    rows: z.custom<Value[][]>(isRows, `must be at most ${MOST_ROWS} lists of texts, whole numbers and null`),
    secrets: z._default(z.record(z.string().check(z.regex(/^\d{1,4}$/)), textOf(0, MOST_SECRET)), {}),
    /** Tells what would be done, and does nothing. */
    dry_run: z._default(z.boolean(), false),
  })
  .check(
    z.refine(({ columns, rows }) => rows.every((row) => row.length === columns.length), {
      path: ["rows"],
      message: "must have a value for each column",
    }),
  );
export type RowsInput = z.output<typeof rowsBody>;

export type RowsView = Written;

/** How much there is of each part, to be compared with a backup. */
export interface TotalsView {
  schema: number;
  totals: PartTotals[];
}

export interface PartTotals {
  part: PartName;
  rows: number;
  /** For sums and figures: their totals. */
  requests?: number;
  tokens?: number;
  cost_nanos?: number;
}

function isRows(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > MOST_ROWS) return false;
  return value.every((row) => Array.isArray(row) && row.every(isValue));
}

function isValue(value: unknown): value is Value {
  return value === null || typeof value === "string" || Number.isSafeInteger(value);
}
