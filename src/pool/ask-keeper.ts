/**
 * Questions to an account's Keeper, asked again where no answer comes: the object may be restarting, or its answer was
 * lost. Only for what is safe to repeat.
 */
import type { Keeper } from "./keeper.ts";

/** The answer. `pausesMs`: how long to wait before each further try. Throws what the last try threw. */
export async function askKeeper<Answer>(
  env: Env,
  accountId: string,
  pausesMs: readonly number[],
  ask: (keeper: DurableObjectStub<Keeper>) => Promise<Answer>,
): Promise<Answer> {
  for (let tried = 0; ; tried++) {
    try {
      // A stub that has failed stays broken, so each try has its own.
      return await ask(env.KEEPER.getByName(accountId));
    } catch (error) {
      const pause = pausesMs[tried];
      if (pause === undefined) throw error;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
