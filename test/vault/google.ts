/**
 * Google as a sign-in sees it: the token endpoint (form bodies; no refresh token in a renewal, and no rotation; RFC 6749 §5.2 and
 * developers.google.com/identity/protocols/oauth2/native-app), and `v1internal` of Code Assist as gemini-cli speaks with it
 * (packages/core/src/code_assist: server.ts, setup.ts, types.ts).
 */
import { vi } from "vitest";
import type { Asked, Behaviour } from "../relay/relay-in-process.ts";

export const GOOGLE_TOKENS = "https://oauth2.googleapis.com/token";
export const CODE_ASSIST = "https://cloudcode-pa.googleapis.com";

export const STANDARD = {
  ...{ id: "standard-tier", name: "Gemini Code Assist", userDefinedCloudaicompanionProject: true },
  ...{ description: "Unlimited coding assistant with the most powerful Gemini models", privacyNotice: {} },
};
export const FREE = {
  ...{ id: "free-tier", name: "Gemini Code Assist for individuals", isDefault: true },
  privacyNotice: { showNotice: true, noticeText: "words" },
};
/** Of somebody who has long been set up. */
export const LOADED = { currentTier: STANDARD, cloudaicompanionProject: "project-of-google", gcpManaged: false };
export const ONBOARDED = {
  name: "operations/cmpf.DONE_OPERATION",
  done: true,
  response: {
    "@type": "type.googleapis.com/google.internal.cloud.code.v1internal.OnboardUserResponse",
    cloudaicompanionProject: { id: "core-gravity-9jkxm", name: "core-gravity-9jkxm", projectNumber: "1" },
  },
};

/** As google.rpc.Status has it. */
export function googleError(code: number, status: string, message: string, reason: string): Behaviour {
  const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "googleapis.com" }];
  return json({ error: { code, message, status, details } }, code);
}

export function json(body: unknown, status = 200): Behaviour {
  return { status, headers: { "content-type": "application/json; charset=UTF-8" }, chunks: [JSON.stringify(body)] };
}

export class Google {
  /** What it says to each request; a test sets what it is about. */
  renewal: () => Behaviour = () => this.#renewed();
  load: () => Behaviour = () => json(LOADED);
  onboard: () => Behaviour = () => json(ONBOARDED);
  operation: () => Behaviour = () => json(ONBOARDED);
  #issued = 0;

  readonly answer = ({ url, body, headers }: Asked): Behaviour => {
    if (url === GOOGLE_TOKENS) return body.includes("refresh_token") ? this.renewal() : json({}, 400);
    if (!/^Bearer access-/.test(headers.get("authorization") ?? ""))
      return googleError(401, "UNAUTHENTICATED", "no", "");
    switch (url) {
      case `${CODE_ASSIST}/v1internal:loadCodeAssist`:
        return this.load();
      case `${CODE_ASSIST}/v1internal:onboardUser`:
        return this.onboard();
      case `${CODE_ASSIST}/v1internal/operations/cmpf.1`:
        return this.operation();
      default:
        return json({}, 404);
    }
  };

  #renewed(): Behaviour {
    const scope = "https://www.googleapis.com/auth/cloud-platform";
    return json({ access_token: `access-renewed-${++this.#issued}`, expires_in: 3_599, scope, token_type: "Bearer" });
  }
}

/** Does it while Google answers so to `loadCodeAssist`, and to nothing else; what was faked before is faked again afterwards. */
export async function loadedAs<Made>(loaded: object, make: () => Promise<Made>): Promise<Made> {
  const fetching = vi.spyOn(globalThis, "fetch");
  const before = fetching.getMockImplementation();
  fetching.mockImplementation(async (input, init) => {
    const { url } = new Request(input, init);
    return url.endsWith("/v1internal:loadCodeAssist") ? Response.json(loaded) : new Response(null, { status: 500 });
  });
  try {
    return await make();
  } finally {
    if (before) fetching.mockImplementation(before);
    else fetching.mockRestore();
  }
}
