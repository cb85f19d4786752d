/**
 * How an account's requests leave, in a form: a way out, and what it needs. In the API this is one object, `egress`. Its members have
 * fields of their own here, under the paths by which the relay names them.
 */
import {
  address,
  type Drafts,
  type Fields,
  flag,
  flagDraft,
  oneOf,
  pairs,
  shownWhere,
  text,
} from "../../form/field.ts";
import type { Account, AccountChange } from "./accounts.ts";
import { words } from "./words.ts";

const egressWords = words.egress;

/** What is known of an account's way out. For a new account it is the direct one. */
export type KnownEgress = Pick<Account, "egress" | "egress_header_names">;

const through = (way: string) => (drafts: Drafts) => drafts.egress === way;

export function egressFields(account: KnownEgress | null) {
  const egress: Account["egress"] = account?.egress ?? { via: "direct" };
  const stored = account?.egress_header_names ?? [];
  return {
    // These come before `egress`, with which their paths begin.
    "egress.base_url": shownWhere(
      through("gateway"),
      address({
        label: egressWords.gateway,
        hint: egressWords.gatewayHint,
        initial: egress.via === "gateway" ? egress.base_url : "",
      }),
    ),
    "egress.name": shownWhere(
      through("binding"),
      text({
        label: egressWords.binding,
        hint: egressWords.bindingHint,
        initial: egress.via === "binding" ? egress.name : "",
      }),
    ),
    "egress.token_requests": shownWhere(
      through("binding"),
      flag({
        label: egressWords.tokenRequests,
        initial: flagDraft(egress.via === "binding" && egress.token_requests),
      }),
    ),
    egress: oneOf<Account["egress"]["via"]>(
      { label: egressWords.way, hint: account === null ? undefined : egressWords.sealed, initial: egress.via },
      [
        ["direct", egressWords.direct],
        ["gateway", egressWords.throughGateway],
        ["binding", egressWords.throughBinding],
      ],
    ),
    // Stored headers are not shown, so an empty field does not mean that there are none.
    "egress_headers.removed": shownWhere(
      (drafts) => stored.length > 0 && drafts.egress !== "direct",
      flag({ label: egressWords.headersRemoved }),
    ),
    egress_headers: shownWhere(
      (drafts) => drafts.egress !== "direct" && drafts["egress_headers.removed"] !== flagDraft(true),
      pairs({
        label: egressWords.headers,
        hint: stored.length === 0 ? egressWords.headersHint : egressWords.headersStored(stored.join(", ")),
        placeholder: "cf-aig-authorization: Bearer …",
        between: ":",
      }),
    ),
  } satisfies Fields;
}

/** In the order in which they are asked for. */
export const EGRESS_SECTION = {
  title: egressWords.title,
  names: [
    ...["egress", "egress.base_url", "egress.name", "egress.token_requests"],
    ...["egress_headers.removed", "egress_headers"],
  ],
} as const;

export interface EgressValues {
  egress: Account["egress"]["via"];
  "egress.base_url"?: string;
  "egress.name"?: string;
  "egress.token_requests"?: boolean;
  "egress_headers.removed"?: boolean;
  egress_headers?: Record<string, string>;
}

type EgressInput = Pick<AccountChange, "egress" | "egress_headers">;

/** What the relay is sent for the way out of a new account; nothing if it is the direct one. Pure. */
export function newEgress(values: Partial<EgressValues>): EgressInput {
  const { egress = "direct", egress_headers: headers = {} } = values;
  if (egress === "direct") return {};
  return {
    egress: chosen({ ...values, egress }),
    ...(Object.keys(headers).length > 0 && { egress_headers: headers }),
  };
}

/** The same for a change: nothing of what stayed the same. Pure. */
export function changedEgress(values: EgressValues, changed: ReadonlySet<string>): EgressInput {
  const changes = [...changed].some((name) => name === "egress" || name.startsWith("egress."));
  return {
    ...(changes && { egress: chosen(values) }),
    ...(values["egress_headers.removed"] && { egress_headers: {} }),
    ...(changed.has("egress_headers") && values.egress_headers && { egress_headers: values.egress_headers }),
  };
}

/** The values without those of the way out, which are sent in another shape. Pure. */
export function withoutEgress<Of extends object>(values: Of): Omit<Of, keyof EgressValues> {
  const names: readonly string[] = EGRESS_SECTION.names;
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name))) as Omit<
    Of,
    keyof EgressValues
  >;
}

function chosen(values: EgressValues): NonNullable<AccountChange["egress"]> {
  switch (values.egress) {
    case "direct":
      return { via: "direct" };
    case "gateway":
      return { via: "gateway", base_url: values["egress.base_url"] ?? "" };
    case "binding":
      return {
        via: "binding",
        name: values["egress.name"] ?? "",
        token_requests: values["egress.token_requests"] ?? false,
      };
  }
}
