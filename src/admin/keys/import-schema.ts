/** The shape of keys that another relay has made and that should work here with their old value. */
import * as z from "zod/mini";
import { textOf, trimmed, whole } from "../../ground/shape.ts";
import { IMPORTED_AT_ONCE, isLegacyDigest } from "../../keys/legacy-key.ts";
import { schemasOf } from "../api/fields.ts";
import { time, usd } from "../api/values.ts";
import { policySchemas, RECORD_FIELDS } from "./fields.ts";

const count = whole(0, Number.MAX_SAFE_INTEGER);

/** What a key has used before, up to now, in total and in the current day and week. */
const used = z.strictObject({
  requests: z._default(count, 0),
  input_tokens: z._default(count, 0),
  output_tokens: z._default(count, 0),
  cache_write_tokens: z._default(count, 0),
  cache_read_tokens: z._default(count, 0),
  total_cost_usd: z._default(usd, 0),
  today_cost_usd: z._default(usd, 0),
  week_cost_usd: z._default(usd, 0),
  first_used_at: z._default(z.nullable(time), null),
});

const { model_aliases: _, ...policyFields } = policySchemas;

const importedKey = z
  .strictObject({
    name: trimmed(1, 100),
    /** SHA-256 of the key and LEGACY_KEY_PEPPER in hex, if nobody has the key itself. */
    digest: z.optional(z.string().check(z.refine(isLegacyDigest, "must be 64 lower-case hexadecimal digits"))),
    api_key: z.optional(textOf(0, 512)),
    ...schemasOf(RECORD_FIELDS),
    ...policyFields,
    used: z.optional(used),
  })
  .check(
    z.refine(({ digest, api_key }) => (digest === undefined) !== (api_key === undefined), "give digest or api_key"),
  );

export const importApiKeysBody = z.strictObject({
  /** The relay that made them, such as `claude-relay-service`. */
  imported_from: z.string().check(z.trim(), z.regex(/^[\w. -]{1,60}$/, "must be the name of a relay")),
  /** The fingerprint of the secret that the digests were made with (`src/keys/legacy-key.ts`), to be compared with this relay's own. */
  pepper_fingerprint: z.optional(textOf(0, 64)),
  keys: z.array(importedKey).check(z.minLength(1), z.maxLength(IMPORTED_AT_ONCE)),
});

/** What somebody needs to know before an import. */
export interface ImportStateView {
  /** The fingerprint of this relay's LEGACY_KEY_PEPPER; null: it has none, and takes no keys of others. */
  pepper_fingerprint: string | null;
  imported: number;
}

export type ImportedKey = z.output<typeof importedKey>;
export type ImportApiKeys = z.output<typeof importApiKeysBody>;
export type Used = z.output<typeof used>;

export interface ImportedKeyView {
  id: string;
  /** `exists`: the key was here already, and stays unchanged. */
  outcome: "created" | "exists";
  /** Whether its gate knows what it had used before, or did not need to. False: the gate did not answer; import the key again. */
  used_told: boolean;
}

export interface ImportedKeysView {
  created: number;
  /** In the order of the request. */
  results: ImportedKeyView[];
}
