/**
 * Who would serve a request, and why the others would not: a small request takes the steps of the pipeline but is never sent.
 * Nothing is booked, reserved or counted. What only an account's Keeper knows (free slots, the day's quota) is left out.
 */
import type { AdmitInput, Explained } from "../gate/rpc.ts";
import type { Account } from "../pool/account.ts";
import type { Step } from "../pool/aliases.ts";
import {
  type Candidate,
  type Choice,
  eligibleTargets,
  type Ineligible,
  keyIdsOf,
  whyIneligible,
} from "../pool/choose.ts";
import { isUsable, usableFrom } from "../pool/health.ts";
import { type Unfit, unfitFor } from "../pool/target.ts";
import { type Protocol, WIRE } from "../protocols/wire.ts";
import type { Refusal } from "../refusal.ts";
import { loadPrices } from "../store/prices.ts";
import { loadPool } from "../store/snapshot.ts";
import type { Aliases, Result } from "../vocabulary.ts";
import { UNCOUNTED } from "./body-hold.ts";
import { worstCase } from "./charge.ts";
import { choiceOf, planOf } from "./plan.ts";
import { rank } from "./relay.ts";
import { readRequest } from "./request.ts";
import { ROUTES, type Route } from "./routes.ts";

export interface Asking {
  keyId: string;
  model: string;
  protocol: Protocol;
  /** The client's id (client.ts). */
  client: string;
  /** The client's IP address. */
  address: string | null;
  /** The key's own aliases. */
  aliases: Aliases;
}

export type WhyNot =
  | Unfit
  | Ineligible
  /** Accounts of another platform go first, or the model is that platform's by its name. */
  | "others_first"
  /** In cooldown, out of service or being probed. `until` says when it is back, if that is known. */
  | "unavailable";

export interface Verdict {
  account: Account;
  /** In which order it would be tried, from 1; null: it would not be. */
  position: number | null;
  candidate: Candidate | null;
  /** It is tried although it is in cooldown, because the cooldown is a guess and nobody else is left. */
  lastResort: boolean;
  whyNot: WhyNot | null;
  /** When it is back, milliseconds since the epoch; null: not known. */
  until: number | null;
}

export interface WhoServes {
  path: string;
  /** What an alias makes of the model; null if no alias names it. */
  chain: readonly Step[] | null;
  /** Why the key's gate would refuse it; null: it would be admitted. */
  refusal: Refusal | null;
  /** The accounts that would serve, in their order, then the others. */
  verdicts: Verdict[];
}

/**
 * Null: the gate knows no such key. A refusal: the request could not be read, for example for its model's name. Throws if the gate
 * does not answer.
 */
export async function whoServes(env: Env, asking: Asking, now: number): Promise<Result<WhoServes | null, Refusal>> {
  const { keyId, model, protocol, client } = asking;
  const { check } = WIRE[protocol];
  const route = widestRoute(protocol);
  const parameters = route.path.includes("{model}") ? { model } : {};
  const headers = { "content-type": "application/json", ...check.HEADERS };
  const body = JSON.stringify(check.bodyFor(model));
  const http = new Request("https://relay.invalid/", { method: "POST", headers, body });
  const call = { http, route, parameters, client };
  const request = await readRequest(call, UNCOUNTED);
  if (!request.ok) return request;
  const [prices, pool] = await Promise.all([loadPrices(env, now), loadPool(env, now)]);
  const plan = planOf(call, request.value, pool, asking.aliases);
  const { targets, criteria } = plan;
  const names = criteria.chain?.map((step) => step.model) ?? [criteria.model];
  const question: AdmitInput = {
    ...{ leaseId: `explain-${crypto.randomUUID()}`, takesLease: true, estimate: null, settlements: [] },
    ...{ platforms: plan.platforms, keyChain: plan.keyChain, model: request.value.model },
    ...{ client, userAgent: "", ip: asking.address, session: null, responseId: null },
    ...worstCase(prices, request.value, { platform: route.platforms[0], names, targets }),
  };
  const explained: Explained | null = await env.GATE.getByName(keyId).explain(keyId, question);
  if (!explained) return { ok: true, value: null };
  const choice = choiceOf(plan, explained.admission);
  const candidates = rank(choice);
  const verdicts = pool.accounts.map((account) => {
    // Comes before the key's own permissions, which the choice knows.
    const unfit = unfitFor(account, criteria);
    return verdictOn(choice, candidates, account, unfit, now);
  });
  const last = Number.POSITIVE_INFINITY;
  verdicts.sort((a, b) => (a.position ?? last) - (b.position ?? last));
  const chain = criteria.chain ?? null;
  return { ok: true, value: { path: route.path, chain, refusal: explained.refusal, verdicts } };
}

/** The route of the format that the most platforms serve: its path says no more than the format. */
function widestRoute(protocol: Protocol): Route {
  const answering = ROUTES.filter(
    (route) =>
      route.protocol === protocol && route.operation === "generate" && route.task === "answer" && !route.envelope,
  );
  const width = ({ platforms, others, kinds }: Route) => (kinds === null ? platforms.length + others.length : 0);
  const [widest] = answering.toSorted((a, b) => width(b) - width(a));
  if (!widest) throw new Error(`Nothing answers in ${protocol}`);
  return widest;
}

function verdictOn(
  choice: Choice,
  candidates: readonly Candidate[],
  account: Account,
  unfit: Unfit | null,
  now: number,
): Verdict {
  const at = candidates.findIndex((one) => one.account.id === account.id);
  const candidate = candidates[at] ?? null;
  const health = choice.pool.health.get(account.id);
  const family = (candidate ?? choice.targets.find((one) => one.account.id === account.id))?.family ?? null;
  const keyIds = keyIdsOf(account);
  if (candidate) {
    const lastResort = health !== undefined && isUsable(health, family, now, keyIds) === "no";
    return { account, position: at + 1, candidate, lastResort, whyNot: null, until: null };
  }
  const whyNot = unfit ?? whyIneligible(choice, account.id, now) ?? outranked(choice, account, now);
  const until = whyNot === "unavailable" && health ? usableFrom(health, family, now, keyIds) : null;
  return { account, position: null, candidate: null, lastResort: false, whyNot, until };
}

function outranked(choice: Choice, account: Account, now: number): WhyNot {
  const eligible = eligibleTargets(choice, now).some((target) => target.account.id === account.id);
  return eligible ? "unavailable" : "others_first";
}
