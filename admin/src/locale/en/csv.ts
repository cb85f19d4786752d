/** The console's words for lists as files, in English. */
export const csv = {
  why: "Everything that the filters let through, as one file",
  stop: "Stop",
  lines: (count: string) => `${count} lines…`,
};
