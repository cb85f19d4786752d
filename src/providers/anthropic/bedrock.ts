/**
 * Claude at Amazon Bedrock, through InvokeModel: with an AWS access key, which signs each request, or with a Bedrock API key.
 * src/providers/bedrock/ has what differs from the Messages API.
 */
import { regionalBaseUrls } from "../base-url.ts";
import { asMessages } from "../bedrock/answer.ts";
import { AWS_CREDENTIALS } from "../bedrock/credential-fields.ts";
import { bedrockFamily } from "../bedrock/models.ts";
import { invocationOf } from "../bedrock/request.ts";
import { signatureHeaders } from "../bedrock/sigv4.ts";
import type { GivenCredential, Kind } from "../kind.ts";
import { secretOf } from "../kind.ts";

const OF_A_REGION = /^https:\/\/bedrock-runtime\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/;

export const ANTHROPIC_BEDROCK: Kind = {
  platform: "anthropic",
  name: "bedrock",
  protocols: ["anthropic"],
  baseUrl: regionalBaseUrls(addressOf, OF_A_REGION, /\/model(?:\/.*)?$/),
  url: (baseUrl, _, path) => `${baseUrl}${path}`,
  credentialFields: AWS_CREDENTIALS,
  needs: ["aws_access_key_id", "api_key"],
  // The betas from the header go into the body.
  forwarded: ["user-agent", "anthropic-beta"],
  prepare: async (draft, { account, model }, credential, now) => {
    const region = credential.type === "oauth" ? "" : (credential.region ?? "");
    const invocation = invocationOf(draft, model, region);
    if (!invocation) return null;
    const { path, body, dropped } = invocation;
    const url = `${account.baseUrl}${path}`;
    const { headers } = draft;
    for (const name of ["anthropic-beta", "anthropic-version"]) headers.delete(name);
    headers.set("content-type", "application/json");
    headers.set("accept", "*/*");
    const sent = { ...draft, url, body, dropped };
    if (credential.type !== "aws") {
      headers.set("authorization", `Bearer ${secretOf(credential)}`);
      return sent;
    }
    const { host, pathname } = new URL(url);
    const unsigned = { method: draft.method, host, path: pathname, body };
    const signed = await signatureHeaders(unsigned, credential, { region, service: "bedrock" }, now);
    for (const [name, value] of Object.entries(signed)) headers.set(name, value);
    return sent;
  },
  receive: asMessages,
  family: bedrockFamily,
  check: { protocol: "anthropic", model: "claude-haiku-4-5" },
};

function addressOf(given: GivenCredential): string | null {
  const region = given.type === "grant" ? undefined : given.region;
  if (region === undefined) return null;
  return `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}
