/**
 * Asks Code Assist in which project an access token's requests are made, and has it set the account up if that was never done.
 * Takes some seconds, a minute at the most. Never throws; no answer is logged.
 */
import { textAtMost } from "../ground/bounded-body.ts";
import { SECOND_MS } from "../ground/durations.ts";
import {
  afterLoad,
  afterOnboarding,
  loadRequest,
  type ProjectOutcome,
  type SetupAnswer,
  type SetupRequest,
} from "../providers/oauth/code-assist.ts";
import type { Exit } from "./exit.ts";

const ANSWER_MS = 20 * SECOND_MS;
const LARGEST_ANSWER = 256 * 1024;
/** The pauses before asking again whether the account is set up. Google mostly takes a few seconds. */
const PAUSES_MS = [1, 2, 4, 8, 15, 15, 15].map((seconds) => seconds * SECOND_MS);

/** `named`: the project that the operator has named. */
export async function askForProject(
  exit: Exit,
  baseUrl: string,
  access: string,
  named: string | null,
): Promise<ProjectOutcome> {
  const ask = (request: SetupRequest) => answerTo(exit, baseUrl, access, request);
  const loaded = afterLoad(await ask(loadRequest(named)), named);
  if (!("onboard" in loaded)) return loaded;
  const { onboard, otherwise } = loaded;
  let setUp = afterOnboarding(await ask(onboard), named, otherwise);
  for (const pause of PAUSES_MS) {
    if (!("wait" in setUp)) return setUp;
    const { wait } = setUp;
    await new Promise((resolve) => setTimeout(resolve, pause));
    setUp = afterOnboarding(await ask(wait), named, otherwise);
  }
  return "wait" in setUp ? { ok: false, refusal: { why: "unfinished" } } : setUp;
}

async function answerTo(
  exit: Exit,
  baseUrl: string,
  access: string,
  { path, body }: SetupRequest,
): Promise<SetupAnswer> {
  const headers = { authorization: `Bearer ${access}`, accept: "application/json", "content-type": "application/json" };
  const method = body === null ? "GET" : "POST";
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await exit(`${baseUrl}${path}`, { method, headers, body, redirect: "manual", signal });
    // A longer answer is cut, is no JSON any more, and so says nothing.
    const text = await textAtMost(response, LARGEST_ANSWER);
    // Its words are shown to people, and some services repeat what they were sent.
    return { status: response.status, body: text.replaceAll(access, "…") };
  } catch {
    return { status: 0, body: "" };
  }
}
