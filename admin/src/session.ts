/** Who is signed in. The session itself is a cookie that scripts cannot read; this only remembers what the API said. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { type AdminClient, ask } from "./api.ts";
import { strings } from "./locale/en.ts";
import type { Problem } from "./problem.ts";

export type SessionState =
  | { is: "checking" }
  | { is: "unreachable"; problem: Problem }
  | { is: "signed-out"; expired: boolean }
  | { is: "signed-in"; username: string };

export interface Session {
  state: ReadonlySignal<SessionState>;
  check(): Promise<void>;
  /** The problem, or null when signed in. */
  signIn(username: string, password: string): Promise<Problem | null>;
  signOut(): Promise<Problem | null>;
  /** The API said 401 in the middle of things. */
  ended(): void;
}

export function createSession(client: AdminClient): Session {
  const state = signal<SessionState>({ is: "checking" });

  async function check(): Promise<void> {
    const answer = await ask(client.admin.session.$get());
    if (answer.ok) state.value = { is: "signed-in", username: answer.value.username };
    else if (answer.problem.status === 401) state.value = { is: "signed-out", expired: false };
    else state.value = { is: "unreachable", problem: answer.problem };
  }

  async function signIn(username: string, password: string): Promise<Problem | null> {
    const answer = await ask(client.admin.login.$post({ json: { username, password } }));
    if (answer.ok) {
      state.value = { is: "signed-in", username };
      return null;
    }
    if (answer.problem.status === 401) return { ...answer.problem, text: strings.problem.credentials };
    return answer.problem;
  }

  async function signOut(): Promise<Problem | null> {
    const answer = await ask(client.admin.logout.$post());
    if (!answer.ok && answer.problem.status !== 401) return answer.problem;
    state.value = { is: "signed-out", expired: false };
    return null;
  }

  function ended(): void {
    if (state.value.is === "signed-in") state.value = { is: "signed-out", expired: true };
  }

  return { state, check, signIn, signOut, ended };
}
