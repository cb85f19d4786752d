/**
 * Signing in to a provider for an account: `start` says where to go; `finish` takes what came back, asks the provider for tokens and hands
 * them to the account's vault. The browser sees none of them. Everything that can be wrong with the account is found before the code is
 * spent.
 */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { toBase64url } from "../../ground/base64url.ts";
import { SECOND_MS } from "../../ground/durations.ts";
import type { GivenGrant, Kind } from "../../providers/kind.ts";
import { KINDS, kindOfFlow } from "../../providers/kinds.ts";
import { deviceCodeIn, type Flow, type FlowSettings, type TokenOutcome } from "../../providers/oauth/flow.ts";
import { type Pasted, readPasted } from "../../providers/oauth/pasted.ts";
import { accounts } from "../../store/schema.ts";
import { askForTokens, askServer } from "../../vault/authorization-server.ts";
import { type Exit, tokenExit } from "../../vault/exit.ts";
import { flowSettings } from "../../vault/oauth-settings.ts";
import { notConfigured } from "../accounts/sign-in-settings.ts";
import { checkAccountInput, createAccount, updateAccount } from "../accounts/verbs.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { type AdminRefusal, type FieldProblem, invalid } from "../api/refusal.ts";
import { isoTime } from "../api/values.ts";
import { type FlowSecret, keepFlow, readFlow, takeFlow } from "./flows.ts";
import type { FinishedView, FinishInput, StartedView } from "./schema.ts";

const VERIFIER_BYTES = 32;
const STATE_BYTES = 32;

/** Begins a sign-in. */
export async function startSignIn({ env, now }: VerbContext, name: string): Promise<VerbResult<StartedView>> {
  const found = flowNamed(name);
  if (!found.ok) return found;
  const { flow } = found.value;
  const settings = flowSettings(env, flow.name);
  const { signIn, terms } = flow;
  const missing = notConfigured(env, flow, "sign-in");
  if (missing) return { ok: false, refusal: missing };
  const common = { terms, authorize_url: null, verification_url: null, user_code: null, interval_seconds: null };
  if (signIn.type === "code") {
    const [state, verifier] = [randomText(STATE_BYTES), randomText(VERIFIER_BYTES)];
    const { id, expiresAt } = await keepFlow(env, flow.name, { type: "code", state, verifier }, now);
    const authorize_url = signIn.authorizeUrl(settings, { state, challenge: await challengeOf(verifier) });
    return { ok: true, value: { ...common, flow_id: id, expires_at: isoTime(expiresAt), authorize_url } };
  }
  // It is not known yet for which account it will be, and so not through which egress its requests go.
  const exit = tokenExit(env);
  if (!exit.ok) return providerFailed(exit.refusal);
  const answer = await askServer(exit.value, settings.authorizeUrl, signIn.begin());
  const device = answer && answer.status < 300 ? deviceCodeIn(answer.body) : null;
  if (!device) return providerFailed(`it began no sign-in (status ${answer?.status ?? 0})`);
  const { deviceCode, userCode, verificationUrl, intervalS, expiresInS } = device;
  const secret = { type: "device", deviceCode, intervalS } as const;
  const { id, expiresAt } = await keepFlow(env, flow.name, secret, now, expiresInS * SECOND_MS);
  return {
    ok: true,
    value: {
      ...common,
      ...{ flow_id: id, expires_at: isoTime(expiresAt) },
      ...{ verification_url: verificationUrl, user_code: userCode, interval_seconds: intervalS },
    },
  };
}

/** Finishes it: creates an account, or gives an existing one its new sign-in. */
export async function finishSignIn(
  context: VerbContext,
  name: string,
  input: FinishInput,
): Promise<VerbResult<FinishedView>> {
  const { env, now } = context;
  const found = flowNamed(name);
  if (!found.ok) return found;
  const { flow, kind } = found.value;
  const pasted = pastedIn(flow, input);
  const row = input.account_id === undefined ? null : await accountRow(env, input.account_id);
  const exit = tokenExit(env, input.egress ?? row?.egress);
  const problems = [
    ...(pasted.ok ? [] : [pasted.refusal]),
    ...(exit.ok || input.egress ? [] : [{ field: "egress", message: exit.refusal }]),
    ...(await problemsOf(env, kind, flow, input, row)),
  ];
  if (problems.length > 0 || !pasted.ok || !exit.ok) return { ok: false, refusal: invalid(...problems) };

  const settings = flowSettings(env, flow.name);
  const missing = notConfigured(env, flow, "sign-in");
  if (missing) return { ok: false, refusal: missing };
  // Asking spends a code. A device's sign-in is asked about repeatedly, and stays until it has a result.
  const isAskedAgain = flow.signIn.type === "device";
  const secret = await (isAskedAgain ? readFlow : takeFlow)(env, flow.name, input.flow_id, now);
  if (!secret) return NO_FLOW;
  const asked = await askFor(flow, settings, exit.value, secret, pasted.value);
  if (!asked.ok) return asked;
  const outcome = asked.value;
  if (secret.type === "device" && goesOn(outcome)) {
    return { ok: true, value: { status: "pending", interval_seconds: secret.intervalS } };
  }
  if (isAskedAgain && !(await takeFlow(env, flow.name, input.flow_id, now))) return NO_FLOW;
  if (outcome.kind !== "tokens") return refusalOf(outcome);
  const { access, refresh, expiresAt, accountId } = outcome.tokens;
  if (flow.refresh && refresh === null) return providerFailed("it gave no refresh token");
  const grant: GivenGrant = {
    ...{ type: "grant", access, refresh: flow.refresh ? refresh : null, expiresAt },
    ...(accountId !== null && { accountId }),
  };
  const { flow_id: _, code: __, callback_url: ___, account_id, ...fields } = input;
  const stored =
    account_id === undefined
      ? await createAccount(context, { ...fields, name: fields.name ?? "", platform: kind.platform, kind: kind.name }, [
          grant,
        ])
      : await updateAccount(context, account_id, fields, [grant]);
  return stored.ok ? { ok: true, value: { status: "done", account: stored.value } } : stored;
}

function flowNamed(name: string): VerbResult<{ flow: Flow; kind: Kind }> {
  const kind = kindOfFlow(name);
  if (kind?.oauth) return { ok: true, value: { flow: kind.oauth, kind } };
  const names = KINDS.flatMap(({ oauth }) => (oauth ? [oauth.name] : [])).join(", ");
  return { ok: false, refusal: { reason: "not_found", message: `There is no sign-in "${name}"; there are: ${names}` } };
}

/** Whether a device's sign-in may still succeed: no answer, or too many questions, decide nothing (RFC 8628 §3.5). */
function goesOn(outcome: TokenOutcome): boolean {
  return (
    outcome.kind === "pending" || outcome.kind === "unclear" || (outcome.kind === "refused" && outcome.status === 429)
  );
}

/** What was brought back; nothing for a device's sign-in. */
function pastedIn(
  { signIn }: Flow,
  { code, callback_url }: FinishInput,
): { ok: true; value: Pasted | null } | { ok: false; refusal: FieldProblem } {
  const field = callback_url === undefined ? "code" : "callback_url";
  const given = callback_url ?? code;
  if (signIn.type === "device") {
    return given === undefined
      ? { ok: true, value: null }
      : { ok: false, refusal: { field, message: "is not needed: the code is entered at the provider's page" } };
  }
  if (given === undefined) {
    return { ok: false, refusal: { field, message: "is required (or callback_url)", code: "required" } };
  }
  const read = readPasted(given);
  return read.ok ? read : { ok: false, refusal: { field, message: read.problem } };
}

type AccountRow = typeof accounts.$inferSelect;

async function accountRow(env: Env, id: string): Promise<AccountRow | null> {
  return (await drizzle(env.DB).select().from(accounts).where(eq(accounts.id, id)).get()) ?? null;
}

/** All problems of the future account, and of the person who wants it. */
async function problemsOf(
  env: Env,
  kind: Kind,
  flow: Flow,
  input: FinishInput,
  row: AccountRow | null,
): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  if (input.terms_acknowledged !== true) {
    problems.push({ field: "terms_acknowledged", message: `must be true: ${flow.terms}` });
  }
  if (input.account_id === undefined) {
    if (input.name === undefined) problems.push({ field: "name", message: "is required", code: "required" });
  } else {
    if (!row) problems.push({ field: "account_id", message: "there is no such account", code: "not_found" });
    else if (row.platform !== kind.platform || row.kind !== kind.name) {
      problems.push({ field: "account_id", message: `is of another kind: ${row.platform} × ${row.kind}` });
    }
  }
  const checked = await checkAccountInput(env, kind, input, row);
  return checked.ok ? problems : [...problems, ...(checked.refusal.details ?? [])];
}

/** Asks the provider. If the state is not the one that was sent out, it is not asked at all. */
async function askFor(
  flow: Flow,
  settings: FlowSettings,
  exit: Exit,
  secret: FlowSecret,
  pasted: Pasted | null,
): Promise<VerbResult<TokenOutcome>> {
  const { signIn } = flow;
  if (signIn.type === "device" && secret.type === "device") {
    return { ok: true, value: await askForTokens(flow, settings, exit, signIn.poll(secret.deviceCode)) };
  }
  if (signIn.type !== "code" || secret.type !== "code" || !pasted) return NO_FLOW;
  if (pasted.state !== null && pasted.state !== secret.state) {
    return { ok: false, refusal: invalid({ field: "code", message: "belongs to another sign-in: start again" }) };
  }
  const returned = { code: pasted.code, state: secret.state, verifier: secret.verifier };
  return { ok: true, value: await askForTokens(flow, settings, exit, signIn.exchange(returned, settings)) };
}

const NO_FLOW = {
  ok: false,
  refusal: invalid({ field: "flow_id", message: "was used, has expired, or was never begun: start again" }),
} satisfies { ok: false; refusal: AdminRefusal };

function refusalOf(outcome: Exclude<TokenOutcome, { kind: "tokens" }>): { ok: false; refusal: AdminRefusal } {
  switch (outcome.kind) {
    case "ended":
      return { ok: false, refusal: invalid({ field: "code", message: "the provider does not take it: start again" }) };
    case "refused": {
      const code = outcome.code.replace(/[^\w.-]/g, "").slice(0, 100);
      return providerFailed(`it refused the sign-in (status ${outcome.status}${code === "" ? "" : `, ${code}`})`);
    }
    case "pending":
      return providerFailed("it did not say whether the code was entered");
    case "elsewhere":
    case "unclear":
      return providerFailed(`it did not answer (status ${outcome.status}): start again`);
  }
}

function providerFailed(what: string): { ok: false; refusal: AdminRefusal } {
  return { ok: false, refusal: { reason: "provider_failed", message: `The provider's authorization server: ${what}` } };
}

/** Unguessable, and valid in a URL and as a verifier (RFC 7636 §4.1). */
function randomText(bytes: number): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

async function challengeOf(verifier: string): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}
