/**
 * The true content type of a stream, told by its first bytes: some compatible services send server-sent events as `text/plain`,
 * as JSON, or without a type. Taken for a whole answer they would reach the client only when the model has finished.
 */

const EVENTS = "text/event-stream";
/** The first line of a stream of events: a field or a comment. No JSON and no page begins like this. */
const FIELD = /^\uFEFF?\s*(?:(?:event|data|id|retry)(?::|\r?\n)|:)/;
/** So much of the first line is enough to tell. */
const ENOUGH_CHARACTERS = 64;

/** The response with its true content type; untouched where its body begins like no stream of events. */
export async function sniffContentType(response: Response): Promise<Response> {
  if (!response.body) return response;
  // The other branch is buffered natively meanwhile, and goes on as if nobody had looked.
  const [looked, body] = response.body.tee();
  const isEvents = FIELD.test(await beginningOf(looked));
  const headers = new Headers(response.headers);
  if (isEvents) headers.set("content-type", EVENTS);
  return new Response(body, { status: response.status, headers });
}

async function beginningOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (text.trimStart().length < ENOUGH_CHARACTERS && !/\S.*\n/.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    // JSON and pages are told by their first character.
    if (/^\s*[{["<]/.test(text)) break;
  }
  // Not waited for: a branch's cancellation resolves when both are.
  void reader.cancel().catch(() => {});
  return text;
}
