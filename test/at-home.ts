/**
 * What test accounts reach through the binding HOME, another Worker of the operator: it answers a Messages request with the request itself
 * as the model's text, and a request for tokens with tokens.
 */
import { type Request, Response } from "miniflare";

export async function atHome(request: Request): Promise<Response> {
  const { url, method, headers } = request;
  if (url.endsWith("/token")) {
    const tokens = { access_token: "access-from-home", refresh_token: "refresh-from-home", expires_in: 28_800 };
    return Response.json({ ...tokens, token_type: "Bearer" });
  }
  const asked = { url, method, headers: Object.fromEntries(headers), body: await request.text() };
  return Response.json({
    ...{ id: "msg_home", type: "message", role: "assistant", model: "claude-sonnet-4-5" },
    content: [{ type: "text", text: JSON.stringify(asked) }],
    ...{ stop_reason: "end_turn", stop_sequence: null, usage: { input_tokens: 7, output_tokens: 3 } },
  });
}
