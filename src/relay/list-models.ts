/**
 * The models that a key can use, in the format of whoever asks: those that its accounts and aliases name, and for accounts that
 * name none, what one of their upstreams lists. If no rule narrows that, the upstream's answer passes as it is, except in a format
 * whose clients want more than the API says. The list also has the models of accounts whose upstream lists them in another format, if
 * a lane leads there.
 */
import { modelAllowed } from "../gate/rules.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import type { Account } from "../pool/account.ts";
import { chainFor, stepsOf } from "../pool/aliases.ts";
import { type Choice, eligibleTargets } from "../pool/choose.ts";
import { namesModel, ownerOf, servesModel } from "../pool/models.ts";
import type { Pool } from "../pool/pool.ts";
import { type Target, targetsOf } from "../pool/target.ts";
import { isModelName } from "../protocols/model-name.ts";
import { WIRE } from "../protocols/wire.ts";
import { refused } from "./answer.ts";
import type { Call } from "./call.ts";
import { reach } from "./failover.ts";
import { foreignLists, listsAlike } from "./foreign-lists.ts";
import { type ListedModel, modelList, namedModels } from "./models.ts";
import { rank } from "./relay.ts";
import { ownAnswer, passThrough, release } from "./unbooked.ts";
import { listed } from "./upstream-lists.ts";

/** What a list is made from. */
export interface ListContext {
  call: Call;
  choice: Choice;
  /** The key's model rules and aliases. */
  policy: KeyPolicy;
}

export async function listModels(context: ListContext): Promise<Response> {
  const { call, choice, policy } = context;
  const { models } = WIRE[call.route.protocol];
  const instead = models.insteadOfList?.(call.url.searchParams);
  if (instead) return ownAnswer(call, instead);
  const targets = eligibleTargets(choice, Date.now());
  if (targets.length === 0) return passThrough(call, choice, null);
  const accounts = targets.filter((target) => isHome(call, target)).map(({ account }) => account);
  const unnamed = accounts.filter((account) => namedModels(account).length === 0);
  const listing = unnamed.filter(hasList);
  const silent = unnamed.length > listing.length;
  const candidates = rank(choice).filter(({ account }) => listing.includes(account));
  const firstPage = !models.CURSORS.some((name) => call.url.searchParams.has(name));
  const [found, abroad] = await Promise.all([
    listed(call, choice.pool, candidates, listing),
    firstPage ? modelsAbroad(context, targets) : [],
  ]);

  const known = accounts.flatMap((account) => knownModels(choice.pool, account));
  const added = [...asListed(known), ...aliasesIn(context), ...abroad];
  if (found?.kind === "failed" && added.length === 0 && !silent) return passThrough(call, choice, found.reached);
  const narrowed = policy.allowedModels.length > 0 || policy.deniedModels.length > 0;
  const open =
    added.length === 0 && !silent && !narrowed && unnamed.every(({ allowedModels }) => allowedModels.length === 0);
  const upstream = found?.kind === "list" ? found.value : null;
  if (upstream && open && !models.completed) return passThrough(call, choice, upstream.reached);

  const keeps = (id: string) => modelAllowed(policy, id) && accounts.some((account) => servesModel(account, id));
  const shown = upstream === null || firstPage ? added.filter(({ id }) => modelAllowed(policy, id)) : [];
  return ownAnswer(call, modelList(models, upstream?.list ?? null, keeps, shown));
}

/** Whether the account's upstream lists models; Google's `v1internal` methods do not. */
function hasList({ kind }: Account): boolean {
  return kind.envelope === undefined;
}

/**
 * The models of an account that are known without asking its upstream: those that it names; if it names none and its provider has no
 * list, the models whose use the provider counts one by one, as it said last.
 */
function knownModels(pool: Pool, account: Account): string[] {
  const named = namedModels(account);
  if (named.length > 0 || hasList(account)) return named;
  const counted = (pool.health.get(account.id)?.quota?.windows ?? []).map(({ name }) => name);
  return counted.filter(
    (name) => ownerOf(name) !== null && isModelName(name) && !name.includes("_") && servesModel(account, name),
  );
}

/** One model, in its upstream's words; in ours if an account has another name for it, or if only a rule or another format's list has it. */
export async function showModel(context: ListContext): Promise<Response> {
  const { call, choice, policy } = context;
  const { model } = choice.criteria;
  if (!modelAllowed(policy, model)) return refused(call, { reason: "model_denied", model });
  const targets = eligibleTargets(choice, Date.now());
  const { entryOf } = WIRE[call.route.protocol].models;
  if (targets.some((target) => target.model !== model)) return ownAnswer(call, entryOf(model));
  const home = rank(choice).filter((target) => isHome(call, target) && hasList(target.account));
  const reached = home.length > 0 ? await reach(call, null, choice.pool, home) : null;
  if (reached !== null && !reached.fault && reached.sent.kind !== "failed") return passThrough(call, choice, reached);
  const isKnown = targets.some(({ account }) => knownModels(choice.pool, account).includes(model));
  const listedAbroad = isKnown ? [] : await modelsAbroad(context, targets);
  const known = listedAbroad.find(({ id }) => id === model);
  if (!isKnown && !known) {
    if (targets.some((target) => isHome(call, target) && hasList(target.account)))
      return passThrough(call, choice, reached);
    return refused(call, {
      reason: "model_unserved",
      platform: choice.criteria.platforms[0] ?? call.route.platforms[0],
      model,
    });
  }
  release(call, reached);
  return ownAnswer(call, entryOf(model, known?.name ?? undefined));
}

/** The aliases that some account can serve now. A pattern is no name that could be listed. */
function aliasesIn({ choice, policy }: ListContext): ListedModel[] {
  const { pool, criteria } = choice;
  const aliases = { ...pool.aliases, ...policy.modelAliases };
  const names = Object.keys(aliases).filter((name) => !name.includes("*"));
  const served = names.filter((model) => {
    const chain = stepsOf(chainFor(aliases, model) ?? [], pool.groups);
    const asked = { ...criteria, model, chain };
    const targets = targetsOf(pool.accounts, asked);
    return eligibleTargets({ pool, targets, criteria: asked }, Date.now()).length > 0;
  });
  return asListed(served);
}

/** Whether the client's own question can be put to this target. */
function isHome({ route }: Call, { account, protocol }: Target): boolean {
  return route.platforms.includes(account.platform) && listsAlike(protocol, route.protocol);
}

/** What the others name and, as far as it is theirs to serve, list or are known to have. */
async function modelsAbroad({ call, choice }: ListContext, targets: readonly Target[]): Promise<ListedModel[]> {
  const accounts = targets.filter((target) => !isHome(call, target)).map(({ account }) => account);
  const unnamed = accounts.filter((account) => namedModels(account).length === 0);
  const candidates = rank(choice).filter(({ account }) => unnamed.includes(account));
  const lists = await foreignLists(call, choice.pool, candidates);
  const counted = asListed(unnamed.flatMap((account) => knownModels(choice.pool, account)));
  const serves = ({ id }: ListedModel) =>
    unnamed.some(
      (account) =>
        servesModel(account, id) &&
        (call.route.platforms.includes(account.platform) ||
          ownerOf(id) === account.platform ||
          namesModel(account, id)),
    );
  return [...asListed(accounts.flatMap(namedModels)), ...[...counted, ...lists].filter(serves)];
}

function asListed(ids: readonly string[]): ListedModel[] {
  return ids.map((id) => ({ id, name: null }));
}
