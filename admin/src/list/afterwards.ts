/** Changes one record, on a page that shows it. */
import type { Problem } from "../problem.ts";

/** Calls `next` if the change succeeded: the page is then read again, or left. */
export async function afterwards(doing: Promise<Problem | null>, next: () => void): Promise<Problem | null> {
  const problem = await doing;
  if (problem === null) next();
  return problem;
}
