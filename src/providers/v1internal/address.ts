/** The address of Google's `v1internal` methods, by which Code Assist and Antigravity are asked. */

import { callIn } from "../gemini-call.ts";
import type { Credential, Outgoing } from "../kind.ts";

/** The project in which a sign-in makes its requests; null if none is known. */
export function projectOf(credential: Credential): string | null {
  return credential.type === "oauth" ? credential.project : null;
}

/** A request to the Gemini API as one to `v1internal`; null if it has no such method, or the project is not known. */
export function toV1internal(draft: Outgoing, baseUrl: string, credential: Credential): Outgoing | null {
  const call = callIn(draft.url);
  if (!call || credential.type !== "oauth" || projectOf(credential) === null) return null;
  draft.headers.set("authorization", `Bearer ${credential.access}`);
  return { ...draft, url: `${baseUrl}/v1internal:${call.action}${call.query}` };
}
