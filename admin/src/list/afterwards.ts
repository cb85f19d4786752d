/** A change of one thing, on a page that shows it. */
import type { Problem } from "../problem.ts";

/** `next`, where it is done: the page is read again, or left. */
export async function afterwards(doing: Promise<Problem | null>, next: () => void): Promise<Problem | null> {
  const problem = await doing;
  if (problem === null) next();
  return problem;
}
