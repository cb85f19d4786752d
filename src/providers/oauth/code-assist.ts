/**
 * Finds the Google project in which a sign-in's requests are made: which requests go to Code Assist (`v1internal`), and what its answers
 * mean. A user who was never set up there is set up now, in the tier that Google lists first, which takes some seconds. A project that
 * the operator has named counts before the one that Google knows. Pure: src/vault/project.ts sends the requests. The wire form is that
 * of gemini-cli (packages/core/src/code_assist, types.ts and setup.ts).
 */
import { array, isObject, object, parse, text } from "../../ground/json.ts";

/** Why there is no project. Texts are the provider's own. */
export type ProjectRefusal =
  /** The account's tier requires a project of its own, and none was named. */
  | { why: "unnamed"; tier: string | null }
  | { why: "ineligible"; reasons: string[]; validationUrl: string | null }
  | { why: "refused"; status: number; reason: string; message: string }
  | { why: "unanswered"; status: number }
  /** Setting the account up took longer than the relay waits. */
  | { why: "unfinished" }
  /** The account's egress does not lead there. */
  | { why: "no_way"; message: string }
  /** The sign-in gave no access token to ask with. `ended`: it never will again. */
  | { why: "no_token"; ended: boolean };

export type ProjectOutcome = { ok: true; project: string } | { ok: false; refusal: ProjectRefusal };

/** One request to `v1internal`; a body of null means a GET. */
export interface SetupRequest {
  /** The path after the base URL. */
  path: string;
  body: string | null;
}

export interface SetupAnswer {
  /** 0 if no answer came. */
  status: number;
  body: string;
}

export type Loaded =
  | ProjectOutcome
  /** The account must be set up first. `otherwise`: why there is no project if that brings none. */
  | { onboard: SetupRequest; otherwise: ProjectRefusal };

export type Onboarded =
  | ProjectOutcome
  /** It is under way; this request asks how far it is. */
  | { wait: SetupRequest };

/** The form of Google's project ids; old ones have a domain before them. A project's number is no id. */
export const PROJECT_ID = /^(?!\d+$)[a-z0-9.:-]{1,100}$/;

/** Asks for the product Gemini Code Assist, and names no editor, because there is none. */
const METADATA = { ideType: "IDE_UNSPECIFIED", platform: "PLATFORM_UNSPECIFIED", pluginType: "GEMINI" };
/** In this tier Google chooses the project, and a request that names one fails. */
const FREE_TIER = "free-tier";
const TEXT_LENGTH = 300;

/** `named`: the project that the operator has named. */
export function loadRequest(named: string | null): SetupRequest {
  return post("loadCodeAssist", withProject(named));
}

export function afterLoad({ status, body }: SetupAnswer, named: string | null): Loaded {
  const failed = failureIn({ status, body });
  // Behind VPC Service Controls users are not told their tier, and all of them have a licence.
  if (failed?.why === "refused" && failed.reason === "SECURITY_POLICY_VIOLATED") {
    return done(named, { why: "unnamed", tier: null });
  }
  if (failed) return refused(failed);
  const answer = object(parse(body)) ?? {};
  const current = object(answer.currentTier);
  const ineligible = ineligibleIn(answer);
  if (current) {
    return done(named ?? projectIn(answer), ineligible ?? { why: "unnamed", tier: nameOf(current) });
  }
  if (ineligible?.validationUrl) return refused(ineligible);
  const tier = objects(answer.allowedTiers).find(({ isDefault }) => isDefault === true);
  const otherwise = ineligible ?? { why: "unnamed" as const, tier: tier ? nameOf(tier) : null };
  const tierId = text(tier?.id);
  if (!tier || tierId === null) return refused(otherwise);
  if (tier.userDefinedCloudaicompanionProject === true && named === null) return refused(otherwise);
  return { onboard: post("onboardUser", { tierId, ...withProject(tierId === FREE_TIER ? null : named) }), otherwise };
}

/** Reads the answer to `onboardUser`, or to the request of `wait`. */
export function afterOnboarding(answer: SetupAnswer, named: string | null, otherwise: ProjectRefusal): Onboarded {
  const failed = failureIn(answer);
  if (failed) return refused(failed);
  const operation = object(parse(answer.body)) ?? {};
  const name = text(operation.name);
  if (operation.done !== true) {
    // The name becomes part of an address.
    if (name === null || !/^operations(?:\/[\w-][\w.-]*)+$/.test(name)) return refused({ why: "unfinished" });
    return { wait: { path: `/v1internal/${name}`, body: null } };
  }
  const error = object(operation.error);
  if (error) return refused({ why: "refused", status: answer.status, ...reasonIn(error) });
  return done(named ?? projectIn(object(operation.response) ?? {}), otherwise);
}

function post(method: string, body: object): SetupRequest {
  return { path: `/v1internal:${method}`, body: JSON.stringify(body) };
}

function withProject(project: string | null) {
  if (project === null) return { metadata: METADATA };
  return { cloudaicompanionProject: project, metadata: { ...METADATA, duetProject: project } };
}

function done(project: string | null, otherwise: ProjectRefusal): ProjectOutcome {
  return project === null ? refused(otherwise) : { ok: true, project };
}

function refused(refusal: ProjectRefusal): ProjectOutcome {
  return { ok: false, refusal };
}

/** A string in one of the answers, an object with an id in the other. */
function projectIn({ cloudaicompanionProject }: Record<string, unknown>): string | null {
  const id = text(cloudaicompanionProject) ?? text(object(cloudaicompanionProject)?.id);
  return id !== null && PROJECT_ID.test(id) ? id : null;
}

function ineligibleIn(answer: Record<string, unknown>): Extract<ProjectRefusal, { why: "ineligible" }> | null {
  const tiers = objects(answer.ineligibleTiers);
  if (tiers.length === 0) return null;
  const reasons = tiers.map(({ reasonMessage, reasonCode }) => clean(text(reasonMessage) ?? text(reasonCode) ?? ""));
  const link = tiers.find(({ reasonCode }) => reasonCode === "VALIDATION_REQUIRED")?.validationUrl;
  const validationUrl = typeof link === "string" && /^https:\/\/[\x21-\x7e]{1,2000}$/.test(link) ? link : null;
  return { why: "ineligible", reasons: reasons.filter((reason) => reason !== ""), validationUrl };
}

function failureIn({ status, body }: SetupAnswer): ProjectRefusal | null {
  const answer = object(parse(body));
  if (status >= 200 && status < 300) return answer ? null : { why: "unanswered", status };
  if (status < 400 || status === 408 || status === 429 || status >= 500) return { why: "unanswered", status };
  return { why: "refused", status, ...reasonIn(object(answer?.error) ?? {}) };
}

/** The word for programs and the one for people, from `{status,message,details:[{reason}]}` (google.rpc.Status). */
function reasonIn(error: Record<string, unknown>): { reason: string; message: string } {
  const detail = objects(error.details).find(({ reason }) => text(reason) !== null);
  const reason = text(detail?.reason) ?? text(error.status) ?? "";
  return { reason: reason.replace(/[^\w.-]/g, "").slice(0, 100), message: clean(text(error.message) ?? "") };
}

function nameOf(tier: Record<string, unknown>): string | null {
  const name = text(tier.name) ?? text(tier.id);
  return name === null ? null : clean(name);
}

function clean(words: string): string {
  return words
    .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
    .trim()
    .slice(0, TEXT_LENGTH);
}

function objects(value: unknown): Record<string, unknown>[] {
  return array(value).filter(isObject);
}
