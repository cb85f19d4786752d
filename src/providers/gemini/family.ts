/** Clients choose the names of models, and families are stored, so their length is bounded. */
const LONGEST = 100;

/** Google limits every model separately. */
export function family(model: string): string | null {
  const name = model.toLowerCase().slice(0, LONGEST);
  return name === "" ? null : name.replace(/^models\//, "");
}
