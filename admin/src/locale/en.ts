/**
 * Every sentence that the console shows, in English. Another language is another object of type `Strings`; `strings.ts` knows which one is
 * in use. Sentences with figures are functions, because word order differs between languages. No logic here.
 */
export const en = {
  product: "Edge Relay",
  loading: "Loading…",
  retry: "Try again",
  save: "Save",
  saving: "Saving…",
  saved: "Saved.",
  edit: "Edit",
  remove: "Delete",
  cancel: "Cancel",
  close: "Close",
  dismiss: "Dismiss",
  undo: "Undo",
  undone: "Undone.",
  copy: "Copy",
  copied: "Copied",
  copyBlocked: "The browser did not allow copying. Select the text and copy it yourself.",
  units: {
    none: "–",
    noAnswer: "no answer",
    milliseconds: (count: string) => `${count} ms`,
    seconds: (count: string) => `${count} s`,
    minutes: (minutes: string, seconds: string) => `${minutes} m ${seconds} s`,
  },
  signIn: {
    title: "Sign in",
    username: "Username",
    password: "Password",
    submit: "Sign in",
    busy: "Signing in…",
    expired: "Your session has ended. Sign in again to go on.",
    lapsed: "Your session has ended. Sign in again to go on: what you have entered is still here.",
    lost: "The password is the relay’s ADMIN_PASSWORD secret. On this machine, npm start prints it on its first run.",
    holder: "You have a key? See what it has used",
  },
  shell: {
    skip: "Skip to content",
    sections: "Sections",
    overview: "Overview",
    requests: "Requests",
    keys: "Keys",
    accounts: "Accounts",
    groups: "Groups",
    aliases: "Aliases",
    "who-serves": "Who serves?",
    templates: "Templates",
    prices: "Prices",
    alerts: "Alerts",
    audit: "Audit",
    settings: "Settings",
    start: "Set up a client",
    signOut: "Sign out",
    language: "Language",
    theme: "Appearance",
    themes: { system: "System", light: "Light", dark: "Dark" },
    path: "You are here",
    view: "View",
    more: "More",
    collapse: "Collapse the sidebar",
    expand: "Expand the sidebar",
    lost: "There is no such page",
    lostWhy: "Its address may have been cut off, or the page has moved.",
    home: "Go to the overview",
    signedInAs: (name: string) => `Signed in as ${name}`,
  },

  palette: {
    open: "Find",
    label: "Go to a page, a key or an account, or do something",
    pages: "Pages",
    keys: "Keys",
    accounts: "Accounts",
    actions: "Actions",
    createKey: "Create key",
    addAccount: "Add account",
    nothing: (text: string) => `Nothing matches “${text}”.`,
  },

  health: {
    none: "No account can serve",
    empty: "No accounts yet",
    good: (count: string) => (count === "1" ? "1 account healthy" : `${count} accounts healthy`),
    some: (count: string, all: string) => `${count} of ${all} accounts healthy`,
    why: "Accounts that can answer requests. Click to see why others cannot.",
  },

  range: {
    label: "Time",
    zone: "The relay’s time zone: all times are in it",
    names: { "24h": "24 hours", "7d": "7 days", "30d": "30 days" },
  },
  /** For something with a limit. */
  used: {
    of: (used: string, limit: string) => `${used} of ${limit}`,
    today: (amount: string) => `${amount} today`,
    week: (amount: string) => `${amount} this week`,
    total: (amount: string) => `${amount} in total`,
  },
  charts: { sum: "Total" },

  list: {
    filters: "Filters",
    nothing: "Nothing matches these filters.",
    nothingSoFar: "Nothing in the newest part matches these filters. There is more to look through.",
    missing: "What this address names is not among these: it is deleted, or further down.",
    clear: "Clear filters",
    more: "Load more",
    actions: "Actions",
    without: (filter: string, value: string) => `Remove the filter ${filter}: ${value}`,
  },
  problem: {
    network: "The relay did not answer. Check that it is running and that you are online.",
    credentials: "This username and password do not match.",
    rateLimited: (seconds: number | null) =>
      seconds === null
        ? "Too many attempts. Wait a minute, then try again."
        : `Too many attempts. Try again in ${seconds === 1 ? "1 second" : `${seconds} seconds`}.`,
    server: (requestId: string | null) =>
      requestId === null
        ? "The relay failed to do that. Its log has the reason."
        : `The relay failed to do that. Its log has the reason, under ${requestId}.`,
    unreadable: "The relay answered with something the console cannot read. Reload the page.",
    /** The relay's own message about a mistake, if there are no other words. */
    quoted: (message: string) => message,
    page: "This page could not be fetched. The console may have been updated: load it again.",
  },
  form: {
    optional: "optional",
    leaveTitle: "Leave without saving?",
    leave: "What you have entered here is lost.",
    leaveNow: "Leave",
    stay: "Stay",
    /** By the API's code for a field problem, and the console's own codes. `message` is the API's, in English. */
    problems: {
      required: () => "Fill this in.",
      wrong_type: () => "This is not the kind of value that belongs here.",
      too_short: (limit: string) => `Enter at least ${limit} characters.`,
      too_long: (limit: string) => `Enter at most ${limit} characters.`,
      too_small: (limit: string) => `Enter ${limit} or more.`,
      too_big: (limit: string) => `Enter ${limit} or less.`,
      too_few: (limit: string) => `Give at least ${limit}.`,
      too_many: (limit: string) => `Give at most ${limit}.`,
      not_an_option: () => "Choose one of the values that are offered.",
      unknown_field: () => "The relay does not know this field.",
      not_found: () => "This does not exist.",
      duplicate: () => "This is there twice.",
      wrong_format: (_limit: string, message: string) => message,
      invalid: (_limit: string, message: string) => message,
      whole_number: () => "Enter a whole number, 1 or more.",
      agree: () => "Read the sentence, and tick the box.",
      number: () => "Enter a whole number.",
      pair: () => "Write one pair a line, with what it stands for.",
      json: () => "Write one JSON object, in braces.",
      url: () => "Enter a full address, such as https://api.anthropic.com.",
      amount: () => "Enter an amount such as 3 or 0.25.",
      date_missing: () => "Choose a date and time.",
      date_past: () => "Choose a time in the future.",
    },
  },
};

/** The sentences of one language. */
export type Strings = typeof en;
