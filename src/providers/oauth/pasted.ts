/** What a person brings back from a sign-in, in every form in which a browser or a client shows it. Pure. */

export interface Pasted {
  code: string;
  /** Null if only the code was brought. */
  state: string | null;
}

const CODE = /^[\x21-\x7e]{1,4096}$/;

/**
 * Reads a whole callback URL, `code#state` as Claude's page shows it, or the bare code; otherwise says why it is none of them. A
 * callback without a state is refused, because the provider always sends it back.
 */
export function readPasted(pasted: string): { ok: true; value: Pasted } | { ok: false; problem: string } {
  const text = pasted.trim();
  if (!/^https?:\/\//i.test(text)) {
    const [code = "", state] = text.split("#");
    // Some people copy the rest of a query too.
    const bare = code.split("&")[0] ?? "";
    return CODE.test(bare) ? { ok: true, value: { code: bare, state: state || null } } : NO_CODE;
  }
  if (!URL.canParse(text)) return NO_CODE;
  const { searchParams, hash } = new URL(text);
  const error = searchParams.get("error");
  if (error !== null)
    return { ok: false, problem: `the provider said no: ${error.replace(/[^\w.-]/g, "").slice(0, 100)}` };
  const [code = "", tail] = (searchParams.get("code") ?? "").split("#");
  const state = searchParams.get("state") ?? tail ?? (hash.slice(1) || null);
  if (!CODE.test(code)) return NO_CODE;
  if (state === null) return { ok: false, problem: "has no state: paste the whole address" };
  return { ok: true, value: { code, state } };
}

const NO_CODE = { ok: false, problem: "holds no code" } as const;
