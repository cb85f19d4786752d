/** The way from an empty relay to a client's first request: its steps, and the current one according to the address. Pure. */

export const STEPS = ["account", "key", "client", "request"] as const;
export type Step = (typeof STEPS)[number];
export type Face = "done" | "next" | "later";

/** In place of the last request, for a key that was never used. */
export const NEVER_USED = "none";

/** The step at an address; null while it is unknown whether there is an account. */
export function stepAt(pattern: string, hasAccount: boolean | null): Exclude<Step, "request"> | null {
  if (pattern.startsWith("/start/account")) return "account";
  if (pattern === "/start/key") return "key";
  if (pattern.startsWith("/start/client")) return "client";
  if (hasAccount === null) return null;
  return hasAccount ? "key" : "account";
}

/** `works`: a request has succeeded. `hasAccount`: null if unknown; people who have passed the first step may have none. */
export function facesAt(
  step: Step | null,
  { works, hasAccount }: { works: boolean; hasAccount: boolean | null },
): Record<Step, Face> {
  const at = step === null ? 0 : STEPS.indexOf(step);
  const faceOf = (place: number): Face => {
    if (works) return "done";
    if (place < at) return place === 0 && hasAccount === false ? "later" : "done";
    // A configured client sends its request by itself, so both steps are due now.
    return place === at || (step === "client" && place > at) ? "next" : "later";
  };
  return { account: faceOf(0), key: faceOf(1), client: faceOf(2), request: faceOf(3) };
}
