/**
 * Whether what came back from an upstream is an answer, and if not, whose fault that is.
 */
import type { Target } from "../pool/target.ts";
import type { Transport } from "../providers/faults/evidence.ts";
import { classify, type Fault } from "../providers/faults.ts";
import type { Platform } from "../vocabulary.ts";
import type { Sent } from "./send.ts";

/** The fault of a try that brought no response, or not all of one. */
export function transportFault(platform: Platform, transport: Transport, now: number): Fault {
  return classify({ platform, family: null, status: 0, headers: new Headers(), body: "", transport }, now);
}

/** Whether the body is a web page: one with a good status comes from a proxy or a portal, and from no API. */
function isPage({ headers, body }: Extract<Sent, { kind: "whole" }>): boolean {
  if (headers.get("content-type")?.includes("text/html")) return true;
  return /^\uFEFF?\s*<(?:!doctype|html)/i.test(new TextDecoder().decode(body.subarray(0, PAGE_BEGINNING_BYTES)));
}

const PAGE_BEGINNING_BYTES = 256;

/** How much of an error body is looked at. */
const ERROR_BODY_BYTES = 64 * 1024;

/** The fault in what came back. Null for an answer, and if nobody was asked or the client did not wait. */
export function faultOf({ account, family }: Target, sent: Sent, now: number, fast = false): Fault | null {
  const { platform } = account;
  switch (sent.kind) {
    case "stream":
    case "client_left":
    case "untranslated":
      return null;
    case "failed":
      return transportFault(platform, sent.transport, now);
    case "whole": {
      if (sent.status < 300 && !isPage(sent)) return null;
      const body = new TextDecoder().decode(sent.body.subarray(0, ERROR_BODY_BYTES));
      return classify({ platform, family, status: sent.status, headers: sent.headers, body, fast }, now);
    }
  }
}
