/** The console's words for aliases, in English. */
export const aliases = {
  title: "Aliases",
  about: "A name that clients use, and the models that it stands for. The first that an account can serve answers.",
  add: "Create alias",
  search: "Search names",
  emptyTitle: "No aliases yet",
  empty: "Give a chain of models one name: clients ask for the name, and the next model answers where one is limited.",
  name: "Name",
  nameHint: "A name, or a pattern with *.",
  targets: "Stands for",
  targetsHint: "One model a line, in order. “model @ group” lets only that group serve it.",
  note: "Note",
  wasDeleted: (name: string) => `${name} is deleted.`,
};
