/**
 * Makes the client's response of the result of the tries, and settles it. An answer, and a fault of the request itself, pass as
 * they are. A fault of the pool is worded so that the client does not take it for a fault of its key.
 */
import type { Choice } from "../pool/choose.ts";
import { reportFault } from "../pool/health-reports.ts";
import type { AnswerLane, WholeAnswer } from "../protocols/translate/lane.ts";
import type { Fault } from "../providers/faults.ts";
import { redacted } from "../providers/redacted.ts";
import { clientHeaders } from "../providers/returned.ts";
import type { Refusal } from "../refusal.ts";
import type { Outcome } from "../store/schema.ts";
import type { Platform } from "../vocabulary.ts";
import { refused } from "./answer.ts";
import type { Call } from "./call.ts";
import type { Reached } from "./failover.ts";
import { transportFault } from "./fault.ts";
import { availableAt, noAccountRefusal } from "./no-account.ts";
import { readingOf } from "./reading.ts";
import { CLIENT_LEFT_STATUS, clientHasLeft } from "./resources.ts";
import type { Ending, Settle } from "./settle.ts";
import { streamThrough } from "./stream.ts";

/** No client waits longer than this of its own accord. */
const WORTH_WAITING_MS = 60_000;

/** The statuses of a refused credential and of missing credit: that such an account may serve again soon is only a guess. */
const UNREPAIRED = [401, 402, 403];

/** The response to what was reached. Makes sure that `settle` is called exactly once. */
export function deliver(call: Call, choice: Choice, reached: Reached, settle: Settle): Response {
  const { sent, fault, target, lease, attempts, keyId } = reached;
  const ending = { target, accountKeyId: keyId, lease, attempts, wasted: call.resources.wasted };
  switch (sent.kind) {
    case "stream": {
      const broken = () => {
        const { id, platform } = target.account;
        const lost = transportFault(platform, "ended_early", Date.now());
        call.ctx.waitUntil(reportFault(call.env, choice.pool, { accountId: id, keyId }, lost));
      };
      const idleMs = target.account.idleTimeoutMs;
      const stage = sent.answer.stage();
      const orders = { ending, settle, broken, stage, idleMs };
      const headers = headersOf(sent.stream.headers, sent.answer);
      if (stage?.own) headers.set("content-type", stage.own.contentType);
      return streamThrough(call, sent.stream, headers, orders);
    }
    case "whole": {
      const { status, body, answer } = sent;
      const ttftMs = Date.now() - call.startedAt;
      const headers = headersOf(sent.headers, answer);
      if (!fault) {
        const reading = readingOf(target.protocol, call.route.path, body);
        const whole = answer.whole(status, body);
        // An answer that its translation finds to be none has been paid for all the same.
        const ended = endedAs(
          call,
          whole.status ?? status,
          whole.status === undefined ? "completed" : "upstream_error",
        );
        call.ctx.waitUntil(settle({ ...ended, ttftMs, ...ending, ...reading }));
        return respondWhole(call, status, headers, whole);
      }
      const outcome = fault.class === "request" ? "refused" : "upstream_error";
      if (fault.onExhausted === "relay_error") {
        return refusedAndSettled(call, settle, refusalFor(choice, reached, fault, status), { outcome, ...ending });
      }
      const estimated = sent.unread ?? false;
      call.ctx.waitUntil(settle({ ...endedAs(call, status, outcome), ttftMs, ...ending, estimated }));
      if (fault.class !== "request") setRetryAfter(headers, availableAt(choice, Date.now()), Date.now());
      return respondWhole(call, status, headers, answer.whole(status, redacted(body)));
    }
    case "untranslated": {
      const busy = busyRefusal(call.route.platforms[0], choice, Date.now());
      const outcome = busy ? "no_account" : "refused";
      return refusedAndSettled(call, settle, busy ?? sent.refusal, { outcome, ...ending, target: null });
    }
    case "failed": {
      // Only the operator may learn of the account's egress and of the names on the way.
      const detail = sent.transport === "egress" ? "the relay has no way to it" : sent.detail;
      const refusal: Refusal = { reason: "upstream_unreachable", detail };
      // It was sent, and given up because its client would have given up: it is booked like a hang-up.
      const estimated = sent.transport === "hurried";
      return refusedAndSettled(call, settle, refusal, { outcome: "upstream_unreachable", ...ending, estimated });
    }
    case "client_left":
      return clientLeftResponse(call, settle, { ...ending, estimated: sent.asked, response: sent.response });
  }
}

/** The response where no account could be asked at all. */
export function noAccountResponse(call: Call, choice: Choice, settle: Settle): Response {
  const [platform = call.route.platforms[0]] = choice.criteria.platforms;
  const refusal = noAccountRefusal(choice, platform, Date.now());
  return refusedAndSettled(call, settle, refusal, { outcome: "no_account", target: null });
}

/** Settles a request whose client hung up before there was an answer. No one reads the response. */
export function clientLeftResponse(call: Call, settle: Settle, ending: Partial<Ending> = {}): Response {
  call.ctx.waitUntil(settle({ target: null, ...ending, status: CLIENT_LEFT_STATUS, outcome: "client_left" }));
  return new Response(null, { status: CLIENT_LEFT_STATUS });
}

/** How it ended, as the log says it: `client_left` if the client did not wait for the answer, whatever that was. */
function endedAs(call: Call, status: number, outcome: Outcome): Pick<Ending, "status" | "outcome"> {
  return clientHasLeft(call) ? { status: CLIENT_LEFT_STATUS, outcome: "client_left" } : { status, outcome };
}

/** The relay's own words for a fault, where the upstream's would mislead the client, or where there are none. */
function refusalFor(choice: Choice, reached: Reached, fault: Fault, status: number): Refusal {
  if (fault.class === "request") return { reason: "upstream_refused", status };
  if (fault.class === "upstream") {
    return { reason: "upstream_unreachable", detail: `it answered with status ${status}` };
  }
  // Waiting repairs no credential; but another account may be back before the client gives up waiting.
  const refusing = reached.attempts.filter((attempt) => UNREPAIRED.includes(attempt.status));
  const now = Date.now();
  const except = refusing.map(({ account_id }) => account_id);
  const retryAt = availableAt(choice, now, except);
  if (retryAt === null || retryAt > now + WORTH_WAITING_MS) return { reason: "upstream_rejected_credential", status };
  return { reason: "no_account", platform: reached.target.account.platform, model: choice.criteria.model, retryAt };
}

/**
 * The refusal where nobody was asked because the only free accounts speak another format, which cannot carry this request: it says
 * when an account of the client's own format is available again. Null if there is no such account.
 */
function busyRefusal(own: Platform, choice: Choice, now: number): Refusal | null {
  const translated = choice.targets.filter(({ lane }) => lane.translates).map(({ account }) => account.id);
  const retryAt = availableAt(choice, now, translated);
  if (retryAt === null) return null;
  const [platform = own] = choice.criteria.platforms;
  return { reason: "no_account", platform, model: choice.criteria.model, retryAt };
}

function setRetryAfter(headers: Headers, at: number | null, now: number): void {
  headers.delete("retry-after-ms");
  if (at === null) return;
  headers.set("retry-after", String(Math.max(1, Math.ceil((at - now) / 1000))));
  if (at > now + WORTH_WAITING_MS) headers.set("x-should-retry", "false");
}

function refusedAndSettled(call: Call, settle: Settle, refusal: Refusal, ending: Omit<Ending, "status">): Response {
  const response = refused(call, refusal);
  call.ctx.waitUntil(settle({ ...ending, ...endedAs(call, response.status, ending.outcome) }));
  return response;
}

/** What a client gets of an upstream's headers. From an upstream of another format that is only how long to wait. */
function headersOf(upstream: Headers, { translates, dropped }: AnswerLane): Headers {
  const headers = clientHeaders(upstream);
  if (translates) for (const name of [...headers.keys()]) if (!TRANSLATABLE.includes(name)) headers.delete(name);
  if (dropped.length > 0) headers.set("x-edge-relay-dropped", headerText(dropped.join(", ")));
  return headers;
}

const TRANSLATABLE = ["retry-after", "x-should-retry", "content-type"];
const LONGEST_HEADER = 1_000;

/** The text as a header's value: it has names of members, which clients choose, and a header holds printable ASCII only. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, LONGEST_HEADER);
}

function respondWhole(call: Call, status: number, headers: Headers, whole: WholeAnswer): Response {
  if (whole.contentType !== undefined) headers.set("content-type", whole.contentType);
  return respond(call, whole.status ?? status, headers, whole.body);
}

function respond(call: Call, status: number, headers: Headers, body: BodyInit | null): Response {
  headers.set("x-request-id", call.id);
  headers.set("cache-control", "no-store");
  return new Response(body, { status, headers });
}
