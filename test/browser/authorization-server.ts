/**
 * Anthropic's sign-in for Claude Code, on loopback: a page that shows `code#state` at its end, and a token endpoint that accepts JSON,
 * checks the verifier (RFC 7636 §4.6) and the state, and accepts each code once. It refuses as in RFC 6749 §5.2.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";

const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
const LIFETIME_S = 28_800;

interface Asked {
  challenge: string;
  state: string;
  redirectUri: string;
}

/** Resolves once it listens at `origin`, an http origin on loopback. The caller closes it. */
export async function startAuthorizationServer(origin: string): Promise<Server> {
  const issued = new Map<string, Asked>();

  const server = createServer(async (request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? "/", origin);
    if (request.method === "GET" && pathname === "/oauth/authorize") {
      const code = `code-${issued.size + 1}`;
      const state = query.get("state") ?? "";
      const fit =
        query.get("client_id") === CLIENT_ID &&
        query.get("response_type") === "code" &&
        query.get("code_challenge_method") === "S256";
      if (fit) {
        const challenge = query.get("code_challenge") ?? "";
        issued.set(code, { challenge, state, redirectUri: query.get("redirect_uri") ?? "" });
      }
      response.writeHead(fit ? 200 : 400, { "content-type": "text/html" });
      response.end(
        `<title>Sign-in</title><link rel=icon href="data:,"><pre>${fit ? `${code}#${encodeURIComponent(state)}` : "Invalid request"}</pre>`,
      );
    } else if (request.method === "POST" && pathname === "/v1/oauth/token") {
      const tokens = exchange(issued, await bodyOf(request));
      response.writeHead(tokens === null ? 400 : 200, { "content-type": "application/json" });
      response.end(
        JSON.stringify(tokens ?? { error: "invalid_grant", error_description: "Invalid 'code' in request." }),
      );
    } else response.writeHead(404).end();
  });
  const { hostname, port } = new URL(origin);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(Number(port), hostname, resolve);
  });
  return server;
}

/** Null if the code is invalid, or belongs to somebody else. */
function exchange(issued: Map<string, Asked>, body: Record<string, unknown>): object | null {
  const code = String(body.code);
  const asked = issued.get(code);
  const challenge = createHash("sha256").update(String(body.code_verifier)).digest("base64url");
  if (body.grant_type !== "authorization_code" || body.client_id !== CLIENT_ID || !asked) return null;
  if (asked.challenge !== challenge || asked.state !== body.state || asked.redirectUri !== body.redirect_uri)
    return null;
  issued.delete(code);
  return {
    token_type: "Bearer",
    access_token: `sk-ant-oat01-${code}`,
    expires_in: LIFETIME_S,
    refresh_token: `sk-ant-ort01-${code}`,
    scope: "user:inference user:profile",
    account: { uuid: "00000000-0000-4000-8000-000000000001", email_address: "somebody@example.com" },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
