/** A check of an account as server-sent events, one per step: `step`, `text`, `diagnosis`, and in the end `done`. */
import type { CheckEvent } from "../../account-check/run.ts";
import { record } from "../../events.ts";
import { outcomeView, type PreparedCheck } from "./check.ts";
import type { CheckDoneView } from "./schema.ts";

/** The response. `waitUntil` keeps the check alive until it has returned what it holds, even if nobody listens any more. */
export function checkResponse(
  { run, leftOut }: PreparedCheck,
  left: AbortSignal,
  waitUntil: (work: Promise<void>) => void,
): Response {
  const { readable, writable } = new IdentityTransformStream();
  waitUntil(write(run, leftOut, writable, left));
  return new Response(readable, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
}

/** Only a write reliably shows that the client has left (local workerd shows it in no other way). Readers ignore a comment. */
const PULSE_MS = 1_000;

async function write(
  run: PreparedCheck["run"],
  leftOut: number,
  writable: WritableStream<Uint8Array>,
  left: AbortSignal,
): Promise<void> {
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const put = (text: string) => writer.write(encoder.encode(text));
  const gone = new AbortController();
  const leave = () => gone.abort();
  left.addEventListener("abort", leave, { once: true });
  const pulse = setInterval(() => put(":\n\n").catch(leave), PULSE_MS);
  const done: CheckDoneView = { ok: true, tested: 0, left_out: leftOut };
  try {
    for await (const event of run(gone.signal)) {
      await put(eventText(event.type, dataOf(event)));
      if (event.type !== "diagnosis") continue;
      done.tested++;
      done.ok &&= event.outcome.ok;
    }
    await put(eventText("done", done));
    await writer.close();
  } catch (error) {
    if (!gone.signal.aborted) record({ event: "account_test_broke", error });
    await writer.abort(error).catch(() => {});
  } finally {
    clearInterval(pulse);
  }
}

function eventText(type: string, data: unknown): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function dataOf(event: CheckEvent): unknown {
  if (event.type === "diagnosis") return outcomeView(event.outcome);
  const { type: _, ...data } = event;
  return data;
}
