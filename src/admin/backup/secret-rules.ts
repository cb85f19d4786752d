/**
 * Checks the secrets in a backup by the rules of the admin API. The secrets that recognise keys are checked where they are written. No
 * message repeats a secret.
 */
import { channelOf, isChannelType } from "../../alerts/channels.ts";
import { isMapping } from "../../backup/values.ts";
import type { GivenRows } from "../../backup/write.ts";
import { isObject, parse } from "../../ground/json.ts";
import { secret as keyText, MOST_KEYS } from "../../providers/credential-fields.ts";
import { credentialIn } from "../../vault/credentials.ts";
import { egressHeaderFields } from "../accounts/egress-fields.ts";
import { configAnywhere, shownOf } from "../alerts/config.ts";
import { fieldProblems } from "../api/field-problems.ts";
import { sameJson } from "../api/stored.ts";
import { nameOf } from "./name-of.ts";

/** The first secret that would be refused, in words; null if there is none. */
export function secretProblem(given: GivenRows): string | null {
  const { part, columns, rows, secrets } = given;
  for (const [at, row] of rows.entries()) {
    const of = (column: string) => row[columns.indexOf(column)] ?? null;
    const secret = secrets[at];
    const problem =
      (part === "credentials" ? positionProblem(of("position")) : null) ??
      (secret === undefined ? null : problemOf(part, of, secret));
    if (problem !== null) return `${nameOf(given, at)}: ${problem}`;
  }
  return null;
}

type Of = (column: string) => unknown;

function problemOf(part: GivenRows["part"], of: Of, secret: string): string | null {
  switch (part) {
    case "credentials":
      return credentialProblem(secret);
    case "egress_headers":
      return headersProblem(secret, of("names"));
    case "alert_channels":
      return configProblem(of, secret);
    case "sign_ins":
      return isGrant(parse(secret)) ? null : "its sign-in cannot be read";
    default:
      return null;
  }
}

function positionProblem(position: unknown): string | null {
  const isPlace = typeof position === "number" && position >= 0 && position < MOST_KEYS;
  return isPlace ? null : `position must be from 0 to ${MOST_KEYS - 1}`;
}

function credentialProblem(text: string): string | null {
  const credential = credentialIn(text);
  if (!credential) return "its credential cannot be read";
  if (credential.type !== "api-key" || keyText.safeParse(credential.secret).success) return null;
  return "its key must be visible ASCII characters without spaces";
}

function headersProblem(secret: string, names: unknown): string | null {
  const headers = parse(secret);
  const read = egressHeaderFields.safeParse(headers);
  if (!read.success) {
    const [problem] = fieldProblems(read.error.issues, headers);
    return `${problem?.field || "its headers"} ${problem?.message}`;
  }
  return sameJson(parse(String(names)), Object.keys(read.data).sort()) ? null : "names are not those of its headers";
}

/** Whether the relay may talk to its address is checked when it is written. */
function configProblem(of: Of, secret: string): string | null {
  const [type, config] = [of("type"), parse(secret)];
  if (!isMapping(config) || !isChannelType(type)) return "its configuration cannot be read";
  const read = configAnywhere(type, config);
  if (!read.ok) return `${read.refusal[0]?.field} ${read.refusal[0]?.message}`;
  const addresses = channelOf(type).fields.filter(({ kind }) => kind === "address");
  if (addresses.some(({ name }) => read.value[name] !== undefined && !URL.canParse(read.value[name]))) {
    return "its configuration has an address that is none";
  }
  return sameJson(parse(String(of("shown"))), shownOf(type, read.value))
    ? null
    : "shown is not what its configuration shows";
}

function isGrant(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { access, refresh, expiresAt, accountId } = value;
  const areTexts = [access, refresh ?? "", accountId ?? ""].every((text) => typeof text === "string");
  return areTexts && Number.isSafeInteger(expiresAt);
}
