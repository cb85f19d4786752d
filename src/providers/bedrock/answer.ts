/** Bedrock's answers in the form of the Messages API: streams, counts and errors. Whole answers have the same form already. */
import { LARGEST_ERROR, textAtMost } from "../../ground/bounded-body.ts";
import { object, parse, text } from "../../ground/json.ts";
import type { Outgoing } from "../kind.ts";
import { awsErrorType, messagesError } from "./errors.ts";
import { EVENT_STREAM, toSse } from "./sse.ts";

export async function asMessages(response: Response, { url }: Pick<Outgoing, "url">): Promise<Response> {
  const { status, body } = response;
  const headers = new Headers(response.headers);
  const counts = new URL(url).pathname.endsWith("/count-tokens");
  if (response.ok) {
    if (counts) return asCount(await textAtMost(response, LARGEST_ERROR), status, headers);
    if (!body || !headers.get("content-type")?.includes(EVENT_STREAM)) return response;
    headers.set("content-type", "text/event-stream");
    return new Response(toSse(body), { status, headers });
  }
  if (status < 400) return response;
  // Bedrock counts tokens only for some models, and for keys with that permission. For all others the relay estimates.
  if (counts && status < 500 && status !== 429) return new Response("{}", { status: 404, headers: JSON_TYPE });
  const said = await textAtMost(response, LARGEST_ERROR);
  const error = object(parse(said));
  // The model's own refusals come through unchanged. Pages of proxies are recognised by their form.
  const message = text(error?.message) ?? text(error?.Message);
  if (error?.type === "error" || message === null) return new Response(said, { status, headers });
  const name = awsErrorType(headers.get("x-amzn-errortype") ?? text(error?.__type) ?? "");
  headers.set("content-type", "application/json");
  if (name !== "") headers.set("x-amzn-errortype", name);
  return new Response(messagesError(name, message, status), { status, headers });
}

const JSON_TYPE = { "content-type": "application/json" };

function asCount(said: string, status: number, headers: Headers): Response {
  const tokens = object(parse(said))?.inputTokens;
  const answer = typeof tokens === "number" ? JSON.stringify({ input_tokens: tokens }) : said;
  return new Response(answer, { status, headers });
}
