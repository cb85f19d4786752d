/** Sends one message over one channel and returns the result, which contains no secret. */
import { LARGEST_ERROR, textAtMost } from "../ground/bounded-body.ts";
import { parse } from "../ground/json.ts";
import { within } from "../ground/within.ts";
import { checkUpstreamUrl } from "../providers/upstream-address.ts";
import type { Result } from "../vocabulary.ts";
import type { Channel, Config, Message, Outgoing, Verdict } from "./channels/channel.ts";

const PATIENCE_MS = 10_000;
const LONGEST_WHY = 200;
const NO_ANSWER = `no answer within ${PATIENCE_MS / 1_000} s`;

/** `unclear`: it was sent, but nobody knows whether it arrived. */
export type Sent = Verdict & { unclear: boolean };

/** Never rejects. */
export async function send(env: Env, channel: Channel, config: Config, message: Message, now: number): Promise<Sent> {
  const problem = addressProblem(env, channel, config);
  if (problem) return no(`${problem.field} ${problem.message}`, { again: false });
  try {
    const outgoing = await channel.outgoing(message, config, now);
    return outgoing.via === "email" ? await post(env, outgoing, config) : await request(channel, outgoing, config);
  } catch (error) {
    return no(
      redacted(`nothing was sent: ${error instanceof Error ? error.message : "it could not be made"}`, config),
      {
        again: false,
      },
    );
  }
}

/** Which of a channel's addresses the relay may not talk to. */
export function addressProblem(
  env: Env,
  { fields }: Channel,
  config: Config,
): { field: string; message: string } | null {
  for (const { name, kind, query } of fields) {
    if (kind !== "address") continue;
    const checked = checkAddress(config[name] ?? "", query === true, env.ALLOW_PRIVATE_UPSTREAMS === "1");
    if (!checked.ok) return { field: name, message: checked.refusal };
  }
  return null;
}

/** Checks an address like a base URL, but allows a query for services that have their token there. */
function checkAddress(text: string, mayHaveQuery: boolean, allowPrivate: boolean): Result<URL, string> {
  const [address = "", ...rest] = text.split("?");
  if (!mayHaveQuery || rest.length !== 1) return checkUpstreamUrl(text, { allowPrivate });
  return checkUpstreamUrl(`${address}${rest[0]?.includes("#") ? "#" : ""}`, { allowPrivate });
}

async function request(
  channel: Channel,
  { url, headers, body }: Outgoing & { via: "http" },
  config: Config,
): Promise<Sent> {
  let response: Response;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    // A redirect is not followed, because what is sent was sealed for this address.
    response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
  } catch {
    const why = signal.aborted ? NO_ANSWER : "no connection, or it broke off";
    return no(why, { again: true, unclear: true });
  }
  const text = await textAtMost(response, LARGEST_ERROR).catch(() => "");
  const answer = {
    ...{ status: response.status, body: parse(text), text },
    retryAfter: response.headers.get("retry-after"),
  };
  const verdict = channel.verdict(answer);
  if (verdict.ok) return { ok: true, unclear: false };
  return { ...verdict, why: redacted(verdict.why, config).slice(0, LONGEST_WHY), unclear: false };
}

async function post(env: Env, { from, to, subject, text }: Outgoing & { via: "email" }, config: Config): Promise<Sent> {
  const binding: unknown = Reflect.get(env, "ALERT_EMAIL");
  if (!isSendEmail(binding)) return no("the Worker has no binding ALERT_EMAIL", { again: false });
  let sent = false;
  try {
    // A binding takes no signal. One that hangs would keep the results of all other channels from being written.
    const sending = binding.send({ from, to, subject, text }).then(() => {
      sent = true;
    });
    await within(PATIENCE_MS, sending);
    return sent ? { ok: true, unclear: false } : no(NO_ANSWER, { again: true, unclear: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : "it was refused";
    // An address that is not verified stays so. Cloudflare's own words tell which fault it is.
    const again = !/not (?:allowed|verified)|destination|E_(?:VALIDATION|SENDER|RECIPIENT)/i.test(why);
    return no(redacted(why, config), { again });
  }
}

function isSendEmail(binding: unknown): binding is SendEmail {
  return typeof binding === "object" && binding !== null && typeof Reflect.get(binding, "send") === "function";
}

function no(why: string, { again, unclear = false }: { again: boolean; unclear?: boolean }): Sent {
  return { ok: false, again, afterMs: null, why: why.slice(0, LONGEST_WHY), unclear };
}

/** Services repeat what they were sent, so configured values are removed from their words. */
function redacted(why: string, config: Config): string {
  const values = Object.values(config).filter((value) => value.length >= 6);
  const parts = values.flatMap((value) => (URL.canParse(value) ? [value, ...partsOf(new URL(value))] : [value]));
  return parts.reduce((text, part) => text.replaceAll(part, "…"), why);
}

function partsOf({ pathname, searchParams }: URL): string[] {
  return [...pathname.split("/"), ...searchParams.values()].filter((part) => part.length >= 12);
}
