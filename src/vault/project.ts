/**
 * Asks Code Assist in which project an access token's requests are made, and has the account set up there where it never was.
 * Takes some seconds, a minute at the most. Never throws; what it is answered is not logged.
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
/** Google takes a few seconds as a rule. */
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
    // What is longer is no JSON any more, and says nothing.
    const text = await textAtMost(response, LARGEST_ANSWER);
    // Its words are shown to people; some services repeat what they were sent.
    return { status: response.status, body: text.replaceAll(access, "…") };
  } catch {
    return { status: 0, body: "" };
  }
}
