/** The console's words for templates, in English. */
export const templates = {
  title: "Templates",
  about:
    "Limits and rules under a name, for keys that are alike. A changed template reaches its keys when you apply it.",
  add: "Create template",
  search: "Search names",
  emptyTitle: "No templates yet",
  empty: "Make one for each sort of key, such as “team” or “guests”.",
  name: "Name",
  description: "Description",
  holds: "Sets",
  unset: "Not set",
  apply: "Apply to its keys",
  applyTitle: (name: string) => `Apply ${name} to its keys?`,
  applyWhat: "What the template sets is written into every key that was made with it, over what those keys have now.",
  applying: "Applying…",
  progress: (done: string, all: string) => `${done} of ${all} keys`,
  wasApplied: (name: string, updated: string, failed: string) =>
    failed === "0"
      ? `${name} is applied: ${updated} keys changed.`
      : `${name}: ${updated} keys changed, ${failed} failed.`,
  savedUnapplied: "Saved. Its keys get this once you apply it.",
  deleteTitle: (name: string) => `Delete ${name}?`,
  deleteWhat: "Its keys keep the limits that they have, but follow it no more. This cannot be undone.",
  wasDeleted: (name: string) => `${name} is deleted.`,
};
