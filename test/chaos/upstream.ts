/**
 * The upstream of the chaos run: answers according to the plan, and records what it said, so that the books can be compared with it. Its
 * pauses are timers of the invocation that asked, and end with it.
 */
import { vi } from "vitest";
import { errorOf, streamOf, USED, wholeMessage } from "../front/messages.ts";
import type { Isolate } from "./faults.ts";
import type { Ending, RequestPlan } from "./plan.ts";

/** What the upstream knows of one request. */
export interface Truth {
  plan: RequestPlan;
  keyId: string;
  isolate: Isolate;
  /** Tries that reached the upstream. */
  tries: number;
  /** The ending of the last of them. */
  ending: Ending | null;
  /** Whether the final figures were sent, so that the relay can read them. */
  reported: boolean;
  /** Whether the client hung up. */
  left: boolean;
  /** Whether its gate has granted a lease. */
  granted: boolean;
  /** When the answer came, by the real clock. */
  grantedAt: number;
  /** Whether its gate died before it had stored that. */
  forgotten: boolean;
  /** Whether its gate may have died before it stored the grant, when no isolate or client was left to see it. */
  unseen: boolean;
  /** Whether its lease is no longer held although it is in flight: forgotten, or lapsed. */
  leaseLost: boolean;
  /** When that happened, by the upstream's count of moments. */
  leaseLostAt: number;
  open: boolean;
}

/** A request was open from one moment to another. */
interface Span {
  truth: Truth;
  from: number;
  to: number;
}

export const FINAL_USAGE = {
  input: USED.input_tokens,
  output: USED.output_tokens,
  cacheRead: USED.cache_read_input_tokens,
};

const LOST = "Network connection lost.";

export class Upstream {
  readonly truths = new Map<number, Truth>();
  readonly #open = new Map<string, Map<Truth, Span>>();
  readonly #spans: Span[] = [];
  #moment = 0;

  /** Moments are numbered, so that their order can be told afterwards. */
  moment(): number {
    return ++this.#moment;
  }

  /**
   * For one key: the most requests that were open at once, each for as long as its gate knew of it. Computed at the end, because only after
   * the next gate has admitted others is it found out that a lease died with its gate.
   */
  mostOpen(keyId: string): number {
    const changes = this.#spans.flatMap(({ truth, from, to }) => {
      const until = Math.min(to, truth.leaseLostAt);
      return truth.keyId === keyId && from < until ? [[from, 1] as const, [until, -1] as const] : [];
    });
    let [held, most] = [0, 0];
    for (const [, change] of changes.sort(([one, up], [other, down]) => one - other || up - down)) {
      held += change;
      most = Math.max(most, held);
    }
    return most;
  }

  start(): void {
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => this.#answer(new Request(input, init)));
  }

  /** Requests that the relay has not closed. */
  stillOpen(): number {
    return [...this.#open.values()].reduce((sum, spans) => sum + spans.size, 0);
  }

  async #answer(request: Request): Promise<Response> {
    const body = (await request.clone().json()) as { metadata: { user_id: string } };
    const truth = this.truths.get(Number(body.metadata.user_id.split("-")[1]));
    if (!truth) throw new Error(`a request that nobody sent: ${request.url}`);
    // What is left of a dropped isolate cannot do anything any more.
    if (truth.isolate.dropped) throw new Error(LOST);
    const { plan } = truth;
    const ending = plan.endings[Math.min(truth.tries, 2)] ?? "complete";
    truth.tries++;
    truth.ending = ending;
    truth.reported = false;
    this.#enter(truth);
    const gone = { closed: false };
    request.signal.addEventListener("abort", () => {
      gone.closed = true;
      this.#leave(truth);
    });
    if (plan.silentMs > 0) await scheduler.wait(plan.silentMs);
    if (gone.closed || ending === "refuse" || truth.isolate.dropped) {
      this.#leave(truth);
      throw new Error(LOST);
    }
    if (ending === "error") return this.#whole(truth, JSON.stringify(errorOf("overloaded_error", "no")), 529);
    if (ending === "page") return this.#whole(truth, "<!doctype html><title>Down</title>", 200, "text/html");
    if (plan.stream) return this.#stream(truth, ending, gone);
    if (ending !== "complete") {
      this.#leave(truth);
      throw new Error(LOST);
    }
    truth.reported = true;
    return this.#whole(truth, wholeMessage("ok"), 200);
  }

  #whole(truth: Truth, text: string, status: number, type = "application/json"): Response {
    this.#leave(truth);
    return new Response(text, { status, headers: { "content-type": type } });
  }

  #stream(truth: Truth, ending: Ending, gone: { closed: boolean }): Response {
    const { words, pauseMs } = truth.plan;
    const whole = streamOf(Array.from({ length: words }, (_, index) => `word${index} `));
    const chunks = ending === "complete" ? whole : whole.slice(0, 3 + Math.ceil(words / 2));
    let sent = 0;
    const close = (controller: ReadableByteStreamController) => {
      this.#leave(truth);
      controller.close();
      controller.byobRequest?.respond(0);
    };
    // Read piece by piece on demand, so what was given was read.
    const readable = new ReadableStream({
      type: "bytes",
      pull: async (controller) => {
        if (pauseMs > 0) await scheduler.wait(pauseMs);
        // A closed connection ends the body here; a real one breaks it, which the front tests show.
        if (gone.closed || truth.isolate.dropped) return close(controller);
        const chunk = chunks[sent++];
        if (chunk === undefined) return close(controller);
        controller.enqueue(new TextEncoder().encode(chunk));
        if (chunk.includes("message_delta")) truth.reported = true;
      },
      cancel: () => this.#leave(truth),
    });
    return new Response(readable, { status: 200, headers: { "content-type": "text/event-stream" } });
  }

  #enter(truth: Truth): void {
    truth.open = true;
    const span = { truth, from: this.moment(), to: Number.POSITIVE_INFINITY };
    this.#spans.push(span);
    const open = this.#open.get(truth.keyId) ?? new Map<Truth, Span>();
    this.#open.set(truth.keyId, open.set(truth, span));
  }

  #leave(truth: Truth): void {
    truth.open = false;
    const open = this.#open.get(truth.keyId);
    const span = open?.get(truth);
    if (span) span.to = this.moment();
    open?.delete(truth);
  }

  /** An isolate that is dropped closes its connections. */
  closeAllOf(isolate: Isolate): void {
    for (const spans of this.#open.values()) {
      for (const truth of [...spans.keys()]) if (truth.isolate === isolate) this.#leave(truth);
    }
  }
}
