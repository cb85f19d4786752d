/**
 * Streams that go by another name: some compatible services send server-sent events as `text/plain`, as JSON, or as
 * nothing at all. Handed on whole they would reach the client when the model has finished; so the beginning decides.
 */

const EVENTS = "text/event-stream";
/** A line that the standard knows: a field, or a comment. No JSON and no page begins like this. */
const FIELD = /^\uFEFF?\s*(?:(?:event|data|id|retry)(?::|\r?\n)|:)/;
/** The longest beginning of a line that must be seen to tell. */
const ENOUGH_CHARACTERS = 64;

/** The response with its true content type; untouched where its body begins like no stream of events. */
export async function trulyLabelled(response: Response): Promise<Response> {
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
