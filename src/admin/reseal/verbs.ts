/**
 * Re-sealing: everything that is sealed is sealed again under the newest key of ENCRYPTION_KEY, in steps that a free Worker can do. What
 * a step has done stays done. Between two steps only the caller's cursor is kept. Requests continue: they open whichever envelope they
 * have read. What does not open is left unchanged, and named.
 */
import { envelopesUnder, keyIdIn, sealingKeyIds } from "../../vault/seal.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { invalid } from "../api/refusal.ts";
import { auditAct } from "../audit/record.ts";
import { type Cursor, PASS, type PassPart, writeCursor } from "./cursor.ts";
import type {
  EnvelopesView,
  NotResealedView,
  ResealInput,
  ResealView,
  SealedPart,
  SealsInput,
  SealsView,
} from "./schema.ts";
import { askKeepers, countSignIns, MOST_KEEPERS, stepThroughSignIns } from "./sign-ins.ts";
import { countByKey, countLeft, type Step, type StepResult, stepThrough } from "./tables.ts";

const STEPS: Record<PassPart, (context: VerbContext, step: Step) => Promise<StepResult>> = {
  ...stepThrough,
  sign_ins: stepThroughSignIns,
};

/** One step: at most `limit` envelopes, from where the step before has stopped. */
export async function resealStep(
  context: VerbContext,
  { cursor, limit }: ResealInput,
): Promise<VerbResult<ResealView>> {
  const { env } = context;
  const [keyId] = await sealingKeyIds(env.ENCRYPTION_KEY);
  if (cursor && cursor.keyId !== keyId) {
    const message = "belongs to another ENCRYPTION_KEY: begin again without it";
    return { ok: false, refusal: invalid({ field: "cursor", message }) };
  }
  const before = cursor ?? (await beginning(env, keyId));
  const done = { looked: 0, resealed: 0, replaced: 0 };
  const notResealed: NotResealedView[] = [];
  let at: Pick<Cursor, "part" | "after"> | null = before;
  // One part after the other while there is room. A part that has more ends the step.
  while (at !== null && (at.after === null || at === before) && done.looked < limit) {
    const step: StepResult = await STEPS[at.part](context, { keyId, after: at.after, limit: limit - done.looked });
    done.looked += step.looked;
    done.resealed += step.resealed;
    done.replaced += step.replaced;
    notResealed.push(...step.notResealed);
    at = step.after === null ? partAfter(at.part) : { part: at.part, after: step.after };
  }

  const total = {
    resealed: before.resealed + done.resealed,
    not_resealed: before.notResealed + notResealed.length,
  };
  const left = at === null ? 0 : Math.max(0, before.left - done.looked);
  if (at === null) await auditAct(context, { action: "encryption-key.reseal-done", target: keyId, detail: total });
  const { resealed, not_resealed } = total;
  return {
    ok: true,
    value: {
      key_id: keyId,
      resealed: done.resealed,
      replaced_meanwhile: done.replaced,
      not_resealed: notResealed,
      total,
      left,
      next_cursor: at && writeCursor({ ...at, keyId, resealed, notResealed: not_resealed, left }),
    },
  };
}

/** How many envelopes are under which key. The first page covers the tables; each page asks some Keepers of signed-in accounts. */
export async function readSeals({ env }: VerbContext, { cursor }: SealsInput): Promise<VerbResult<SealsView>> {
  const keys = await sealingKeyIds(env.ENCRYPTION_KEY);
  const counts = new EnvelopeCounts(keys);
  if (cursor === undefined) {
    for (const { part, beginning, count } of await countByKey(env)) counts.add(part, beginning, count);
  }
  const { asked, after } = await askKeepers(env, cursor ?? "", MOST_KEEPERS, "seals");
  const unreachable: string[] = [];
  for (const { accountId, answer } of asked) {
    if (answer === null) unreachable.push(accountId);
    if (!answer?.seals) continue;
    const { signIn, accessToken } = answer.seals;
    // A Keeper has no envelopes of the first version.
    counts.add("sign_ins", envelopesUnder(signIn.keyId ?? ""), 1);
    counts.add("access_tokens", envelopesUnder(accessToken.keyId ?? ""), 1);
  }
  return { ok: true, value: { keys, envelopes: counts.views(), unreachable, next_cursor: after } };
}

class EnvelopeCounts {
  readonly #ring: readonly string[];
  readonly #views = new Map<string, EnvelopesView>();

  constructor(ring: readonly string[]) {
    this.#ring = ring;
  }

  /** `beginning`: that of the envelopes, up to and including the id of their key. */
  add(part: SealedPart, beginning: string, count: number): void {
    const keyId = keyIdIn(beginning);
    const state = this.#stateOf(beginning, keyId);
    const name = `${part} ${keyId} ${state}`;
    const known = this.#views.get(name)?.count ?? 0;
    this.#views.set(name, { part, key_id: keyId, state, count: known + count });
  }

  views(): EnvelopesView[] {
    return [...this.#views.values()];
  }

  #stateOf(beginning: string, keyId: string | null): EnvelopesView["state"] {
    const [newest = ""] = this.#ring;
    if (beginning === envelopesUnder(newest)) return "newest";
    return keyId !== null && this.#ring.includes(keyId) ? "older" : "unknown";
  }
}

async function beginning(env: Env, keyId: string): Promise<Cursor> {
  const [envelopes, signIns] = await Promise.all([countLeft(env, keyId), countSignIns(env)]);
  return { keyId, part: PASS[0], after: null, resealed: 0, notResealed: 0, left: envelopes + signIns };
}

function partAfter(part: PassPart): Pick<Cursor, "part" | "after"> | null {
  const next = PASS[PASS.indexOf(part) + 1];
  return next === undefined ? null : { part: next, after: null };
}
