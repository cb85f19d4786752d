/** The address of Google's `v1internal` methods, which Code Assist and Antigravity are asked by. */

import { callIn } from "../gemini-call.ts";
import type { Credential, Outgoing } from "../kind.ts";

/** The project that a sign-in makes its requests in; null where none is known. */
export function projectOf(credential: Credential): string | null {
  return credential.type === "oauth" ? credential.project : null;
}

/** A request to the Gemini API as one to `v1internal`; null where it has no such method, or where nobody knows in which project it is. */
export function toV1internal(draft: Outgoing, baseUrl: string, credential: Credential): Outgoing | null {
  const call = callIn(draft.url);
  if (!call || credential.type !== "oauth" || projectOf(credential) === null) return null;
  draft.headers.set("authorization", `Bearer ${credential.access}`);
  return { ...draft, url: `${baseUrl}/v1internal:${call.action}${call.query}` };
}
