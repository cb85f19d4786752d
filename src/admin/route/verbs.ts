/** Asks the pipeline which account would serve a request. */
import { record } from "../../events.ts";
import { describe } from "../../refusal.ts";
import { type Verdict, whoServes } from "../../relay/who-serves.ts";
import type { Result } from "../../vocabulary.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { type AdminRefusal, invalid } from "../api/refusal.ts";
import { isoTime } from "../api/values.ts";
import { idsOfPasted } from "../keys/pasted.ts";
import { keysByIds, NO_SUCH_KEY } from "../keys/records.ts";
import type { ReadRoute, RouteAccountView, RouteView } from "./schema.ts";

export async function readRoute({ env, now }: VerbContext, input: ReadRoute): Promise<VerbResult<RouteView>> {
  const { model, protocol, client, address = null } = input;
  const named = [input.key, ...(await idsOfPasted(env, input.key))];
  // D1 is asked first, because asking the gate of an id that never existed would create an object for it.
  const row = (await keysByIds(env, named)).find(({ deletedAt }) => deletedAt === null);
  if (!row) return NO_SUCH_KEY;
  const keyId = row.id;
  const aliases = row.policy.modelAliases ?? {};
  const asked = await asking(() => whoServes(env, { keyId, model, protocol, client, address, aliases }, now), keyId);
  if (!asked.ok) return asked;
  const found = asked.value;
  if (!found.ok)
    return { ok: false, refusal: invalid({ field: "model", message: describe(found.refusal, now).message }) };
  if (!found.value) return NO_SUCH_KEY;
  const { path, chain, refusal, verdicts } = found.value;
  const face = refusal && describe(refusal, now);
  return {
    ok: true,
    value: {
      key_id: keyId,
      path,
      chain: chain?.map((step) => ({ model: step.model })) ?? null,
      refusal: refusal && face && { reason: refusal.reason, status: face.status, message: face.message },
      accounts: verdicts.map(viewOf),
    },
  };
}

type Found = Awaited<ReturnType<typeof whoServes>>;

async function asking(ask: () => Promise<Found>, key: string): Promise<Result<Found, AdminRefusal>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    record({ event: "gate_unreachable", key, error });
    return { ok: false, refusal: { reason: "gate_unreachable", message: "The key's gate did not answer; try again" } };
  }
}

function viewOf({ account, position, candidate, lastResort, whyNot, until }: Verdict): RouteAccountView {
  return {
    account_id: account.id,
    account_name: account.name,
    platform: account.platform,
    kind: account.kind.name,
    serves: position !== null,
    position,
    last_resort: lastResort,
    model: candidate?.model ?? null,
    protocol: candidate?.protocol ?? null,
    translated: candidate?.lane.translates ?? false,
    why_not: whyNot,
    until: until === null ? null : isoTime(until),
  };
}
