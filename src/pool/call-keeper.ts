/**
 * Calls an account's Keeper, and repeats the call if no answer comes. Only for calls that are safe to repeat.
 */
import { again } from "../ground/again.ts";
import type { Keeper } from "./keeper.ts";

/** The answer. `pausesMs`: how long to wait before each further try. Throws what the last try threw. */
export function callKeeper<Answer>(
  env: Env,
  accountId: string,
  pausesMs: readonly number[],
  call: (keeper: DurableObjectStub<Keeper>) => Promise<Answer>,
): Promise<Answer> {
  // A stub that has failed stays broken, so each try has its own.
  return again(pausesMs, () => call(env.KEEPER.getByName(accountId)));
}
