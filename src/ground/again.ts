/**
 * Tries again what is safe to repeat: the object may be restarting, D1 may have been away for a moment, or an answer was
 * lost on its way.
 */

/** What `work` returns. `pausesMs`: how long to wait before each further try. Throws what the last try threw. */
export async function again<Answer>(pausesMs: readonly number[], work: () => Promise<Answer>): Promise<Answer> {
  for (let tried = 0; ; tried++) {
    try {
      return await work();
    } catch (error) {
      const pause = pausesMs[tried];
      if (pause === undefined) throw error;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
