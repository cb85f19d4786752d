/** The methods of the Gemini API that Google's other services have too, each at a path of its own. */
const CALL = /\/v1beta\/models\/[^/?]+:(generateContent|streamGenerateContent|countTokens)(\?.*)?$/;

/** Which of them a URL of the Gemini API is about, and its query with the `?`, or ""; null for anything else. */
export function callIn(url: string): { action: string; query: string } | null {
  const [, action, query = ""] = CALL.exec(url) ?? [];
  return action === undefined ? null : { action, query };
}
