/** The sign-ins of accounts, each in its account's Keeper. Each takes a call, so a step asks few of them. */
import { callKeeper } from "../../pool/call-keeper.ts";
import { KINDS } from "../../providers/kinds.ts";
import type { SealState, SignInSeals } from "../../vault/reseal.ts";
import type { VerbContext } from "../api/context.ts";
import { auditAct } from "../audit/record.ts";
import type { NotResealedView } from "./schema.ts";
import { RESEAL, type Step, type StepResult } from "./tables.ts";

/** An invocation of a free Worker may make 50 requests, including those to D1. */
export const MOST_KEEPERS = 20;

/** Accounts that may have a sign-in. */
const SIGNED_IN = "accounts.platform || '/' || accounts.kind IN (SELECT value FROM json_each(?1))";
const kindsSignedIn = () =>
  JSON.stringify(KINDS.filter(({ oauth }) => oauth).map(({ platform, name }) => `${platform}/${name}`));

export async function countSignIns(env: Env): Promise<number> {
  const sql = `SELECT count(*) AS count FROM accounts WHERE ${SIGNED_IN}`;
  return (await env.DB.prepare(sql).bind(kindsSignedIn()).first<{ count: number }>())?.count ?? 0;
}

/** What the Keeper of an account answered; null if it did not. */
interface Asked {
  accountId: string;
  answer: { seals: SignInSeals | null } | null;
}

/** Asks the Keepers of the next accounts one question each. */
export async function askKeepers(
  env: Env,
  after: string,
  limit: number,
  question: "seals" | "reseal",
): Promise<{ asked: Asked[]; after: string | null }> {
  const most = Math.min(limit, MOST_KEEPERS);
  const { results } = await env.DB.prepare(
    `SELECT id FROM accounts WHERE ${SIGNED_IN} AND id > ?2 ORDER BY id LIMIT ?3`,
  )
    .bind(kindsSignedIn(), after, most + 1)
    .all<{ id: string }>();
  const accounts = results.slice(0, most);
  const asked = await Promise.all(
    accounts.map(async ({ id: accountId }): Promise<Asked> => {
      try {
        const seals = await callKeeper<SignInSeals | null>(env, accountId, [], async (keeper) => keeper[question]());
        return { accountId, answer: { seals } };
      } catch {
        return { accountId, answer: null };
      }
    }),
  );
  return { asked, after: results.length > most ? (accounts.at(-1)?.id ?? null) : null };
}

/** One step. It asks for every sign-in, because D1 does not know under which key one is sealed. */
export async function stepThroughSignIns(context: VerbContext, { keyId, after, limit }: Step): Promise<StepResult> {
  const { asked, after: last } = await askKeepers(context.env, after?.id ?? "", limit, "reseal");
  const notResealed = asked.flatMap(({ accountId: id, answer }): NotResealedView[] => {
    if (answer === null) return [{ part: "sign_ins", id, key_id: null, reason: "keeper_unreachable" }];
    const { seals } = answer;
    if (seals === null) return [];
    const { newest, signIn, accessToken } = seals;
    if (newest !== keyId) return [{ part: "sign_ins", id, key_id: signIn.keyId, reason: "keeper_behind" }];
    return [...unreadable("sign_ins", id, signIn), ...unreadable("access_tokens", id, accessToken)];
  });
  const resealed = asked.flatMap(({ answer }) => {
    if (!answer?.seals || answer.seals.newest !== keyId) return [];
    return [answer.seals.signIn, answer.seals.accessToken].filter(({ state }) => state === "resealed");
  }).length;
  const detail = { part: "sign_ins", changed: resealed };
  if (resealed > 0) await auditAct(context, { action: RESEAL, target: keyId, detail });
  return {
    looked: asked.length,
    resealed,
    replaced: 0,
    notResealed,
    after: last === null ? null : { id: last, position: 0 },
  };
}

function unreadable(part: "sign_ins" | "access_tokens", id: string, { reason, keyId }: SealState): NotResealedView[] {
  return reason === null ? [] : [{ part, id, key_id: keyId, reason }];
}
