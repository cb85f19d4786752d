/** The methods of the Gemini API that Google's other services have too, each of them at its own path. */
const CALL = /\/v1beta\/models\/[^/?]+:(generateContent|streamGenerateContent|countTokens)(\?.*)?$/;

/** The method that a URL of the Gemini API calls, and its query with the `?`, or ""; null for anything else. */
export function callIn(url: string): { action: string; query: string } | null {
  const [, action, query = ""] = CALL.exec(url) ?? [];
  return action === undefined ? null : { action, query };
}
