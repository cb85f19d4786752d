/**
 * The fields of an upstream account that are in its row: contract names, money as decimal USD, times in seconds. Its kind, its address,
 * its keys and its groups have rules of their own, which the verbs check.
 */
import * as z from "zod/mini";
import { textOf, trimmed, whole } from "../../ground/shape.ts";
import { formatUsd } from "../../pricing/money.ts";
import { PROTOCOLS } from "../../protocols/wire.ts";
import { DIRECT } from "../../providers/egress.ts";
import type { accounts } from "../../store/schema.ts";
import { fieldsOf, orNull, scaled, unique } from "../api/fields.ts";
import { isoTime, multiplier, time, usd } from "../api/values.ts";
import { patterns } from "../keys/fields.ts";
import { egress, egressView } from "./egress-fields.ts";
import { extraHeaders } from "./extra-headers.ts";
import { quirks, quirksView } from "./quirks.ts";

const SECOND_MS = 1_000;

/** An hour: Cloudflare ends longer waits anyway, and no model thinks longer in silence. */
const LONGEST_TIMEOUT_S = 3_600;

const timeout = z.nullable(scaled(z.number().check(z.minimum(0.1), z.maximum(LONGEST_TIMEOUT_S)), SECOND_MS));
const inSeconds = orNull((timeout: number) => timeout / SECOND_MS);

const model = trimmed(1, 200);

/** A `*` on the right stands for what the one on the left matched. Without one on the left it would be sent upstream unchanged. */
const mapping = z.record(model, model).check(
  z.superRefine((pairs, ctx) => {
    for (const [asked, sent] of Object.entries(pairs)) {
      const [onTheLeft, onTheRight] = [starsIn(asked), starsIn(sent)];
      if (onTheRight === 0 || (onTheRight === 1 && onTheLeft === 1)) continue;
      ctx.addIssue({
        code: "custom",
        path: [asked],
        message: "may have one * on the right if there is one on the left",
      });
    }
  }),
);

function starsIn(name: string): number {
  return name.split("*").length - 1;
}

const column = fieldsOf<typeof accounts.$inferSelect>();

export const ACCOUNT_FIELDS = {
  /** Required in a body. */
  name: column("name", trimmed(1, 100), { fresh: "" }),
  priority: column("priority", whole(0, 1_000), { fresh: 50 }),
  weight: column("weight", whole(1, 1_000), { fresh: 1 }),
  max_concurrency: column("maxConcurrency", z.nullable(whole(1, 10_000)), { fresh: null }),
  schedulable: column("schedulable", z.boolean(), { fresh: true }),
  /** A factor on the list price, not an amount of money. */
  cost_multiplier: column("costMultiplierMilli", multiplier, { fresh: 1_000, show: (milli) => milli / 1_000 }),
  model_mapping: column("modelMapping", mapping, { fresh: {} }),
  /** The wire formats that the account speaks. Empty: those that its base URL is known for, else all of its platform's. */
  protocols: column("protocols", unique(z.array(z.enum(PROTOCOLS)).check(z.maxLength(PROTOCOLS.length))), {
    fresh: [],
  }),
  quirks: column("quirks", quirks, { fresh: {}, show: quirksView }),
  /** The version of the provider's API, if its kind requires one; "": none. */
  api_version: column(
    "apiVersion",
    z.string().check(z.trim(), z.regex(/^[\w.-]{0,40}$/, "must be letters, digits, `.`, `-` and `_`")),
    { fresh: "" },
  ),
  /** The provider's project in which requests are made, if it has projects; "": the one that the sign-in finds. */
  project_id: column(
    "projectId",
    z
      .string()
      .check(
        z.trim(),
        z.regex(/^(?!\d+$)[a-z0-9.:-]{0,100}$/, "must be a project's id, such as my-project-123, and not its number"),
      ),
    { fresh: "" },
  ),
  /** Patterns with `*`; an empty list means any model. */
  allowed_models: column("allowedModels", patterns, { fresh: [] }),
  daily_quota_usd: column(
    "dailyQuotaNanos",
    z.nullable(
      usd.check(
        z.refine((nanos) => nanos > 0, "must be more than 0: use null for no quota, or schedulable: false to pause"),
      ),
    ),
    { fresh: null, show: orNull(formatUsd) },
  ),
  /** In the relay's TIMEZONE_OFFSET. */
  quota_reset_hour: column("quotaResetHour", whole(0, 23), { fresh: 0 }),
  expires_at: column("expiresAt", z.nullable(time), { fresh: null, show: orNull(isoTime) }),
  /** Null: the relay's own bounds. */
  first_byte_timeout_seconds: column("firstByteTimeoutMs", timeout, { fresh: null, show: inSeconds }),
  idle_timeout_seconds: column("idleTimeoutMs", timeout, { fresh: null, show: inSeconds }),
  scheduled_test: column("scheduledTest", z.boolean(), { fresh: false }),
  extra_headers: column("extraHeaders", extraHeaders, { fresh: {}, audited: "names" }),
  egress: column("egress", egress, { fresh: DIRECT, show: egressView }),
  /** The owner of the sign-in. It serves keys of the same `owner`, and others only if it is `shared`. */
  owner: column("owner", trimmed(0, 200), { fresh: "" }),
  shared: column("shared", z.boolean(), { fresh: false }),
  note: column("note", textOf(0, 2_000), { fresh: "", audited: "length" }),
};
