/** Model names come from clients, and families are kept. */
const LONGEST = 100;

/** Google limits every model by itself. */
export function family(model: string): string | null {
  const name = model.toLowerCase().slice(0, LONGEST);
  return name === "" ? null : name.replace(/^models\//, "");
}
