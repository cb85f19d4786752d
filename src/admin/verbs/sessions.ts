import type { VerbContext, VerbResult } from "../context.ts";
import type { LoginView } from "../schemas/sessions.ts";
export async function login(
  _context: { env: Env; address: string; now: number },
  _input: { username?: string | undefined; password?: string | undefined },
): Promise<VerbResult<LoginView>> {
  throw new Error("soon");
}
export async function logout(_context: VerbContext, _id: string): Promise<VerbResult<{ signed_out: true }>> {
  throw new Error("soon");
}
