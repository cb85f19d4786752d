/** Reads a running check: the relay's own server-sent events `step`, `text`, `diagnosis`, and finally `done`. */
import { createParser } from "eventsource-parser";
import type { KeyCheckView } from "../../../../src/admin/accounts/schema.ts";
import { NO_ANSWER, type Problem, problemFrom } from "../../problem.ts";

export interface CheckProgress {
  /** The current step; in English, from the relay. */
  step: string | null;
  results: KeyCheckView[];
}

/** The part of an answer that is read here. */
export type CheckReply = Pick<Response, "ok" | "status" | "headers" | "body" | "json">;

/** The problem, or null if the check has reached its end. `onProgress` gets all that is known so far. */
export async function readCheck(
  sent: Promise<CheckReply>,
  onProgress: (progress: CheckProgress) => void,
): Promise<Problem | null> {
  const response = await sent.catch(() => null);
  if (response === null) return NO_ANSWER;
  if (!response.ok) {
    return problemFrom(response.status, response.headers, await response.json().catch(() => undefined));
  }
  let progress: CheckProgress = { step: null, results: [] };
  let done = false;
  const parser = createParser({
    onEvent({ event, data }) {
      if (event === "step") progress = { ...progress, step: (JSON.parse(data) as { message: string }).message };
      if (event === "diagnosis") {
        progress = { ...progress, results: [...progress.results, JSON.parse(data) as KeyCheckView] };
      }
      done ||= event === "done";
      onProgress(progress);
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  try {
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      parser.feed(decoder.decode(read.value, { stream: true }));
    }
  } catch {
    return NO_ANSWER;
  }
  return done ? null : NO_ANSWER;
}
