/** The words of a key holder's page, in English. */
export const me = {
  title: "Your key",
  heading: "What has your key used?",
  label: "Your key",
  hint: "It begins with cr_. A line that holds it will do.",
  submit: "Show its usage",
  sending: "Looking…",
  privacy: "The key goes to this relay alone, and is forgotten when this tab is closed.",
  administrator: "You run this relay? Sign in",
  forget: "Forget key",
  expires: (when: string) => `Expires ${when}`,
  expired: (when: string) => `Expired ${when}`,
  expiresNever: "Does not expire",
  /** By the relay's name for a refusal. */
  refusals: {
    key_invalid: "This is no key of this relay. Check that you have copied all of it: cr_ and 64 characters.",
    key_unknown: "This key does not exist any more. Ask whoever gave it to you for another.",
    key_disabled: "This key is disabled. Ask whoever gave it to you.",
    ip_denied: "This key may not be used from your address.",
    gate_unavailable: "The relay cannot look at this key at the moment. Try again in a few seconds.",
  },
  tooOften: (when: string | null) =>
    when === null
      ? "This has been asked too often. Try again later."
      : `This has been asked too often. Try again ${when}.`,
  /** By the key's state. `when` is null if the state does not end by itself. */
  standing: {
    expired: () => "This key has expired, so requests with it are refused. Ask whoever gave it to you for another.",
    disabled: () => "This key is disabled, so requests with it are refused.",
    window_full: (when: string | null) =>
      `Requests with this key are refused until its window starts over ${when ?? ""}.`,
    budget_used: (when: string | null) =>
      when === null
        ? "A budget of this key is used up for good, so requests with it are refused. Ask whoever gave it to you."
        : `A budget of this key is used up. Requests with it are accepted again ${when}.`,
  },
  limits: "Limits",
  noLimits: "This key has no limits.",
  totals: "In total",
  totalRequests: (count: string) => (count === "1" ? "1 request" : `${count} requests`),
  totalTokens: (count: string) => `${count} tokens`,
  requests: "Your requests",
  noRequests: "No requests in the log yet.",
  noneSoFar: "None in the newest part of the log.",
};
