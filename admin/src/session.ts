/** Who is signed in. The session itself is a cookie that scripts cannot read. This only remembers what the API said. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { type AdminClient, type Answer, ask } from "./api.ts";
import { strings } from "./locale/strings.ts";
import type { Problem } from "./problem.ts";

export type SessionState =
  | { is: "checking" }
  | { is: "unreachable"; problem: Problem }
  | { is: "signed-out"; expired: boolean }
  | { is: "signed-in"; username: string }
  /** The session has ended over unsaved work: the page stays, below a sign-in. */
  | { is: "lapsed"; username: string };

export interface Session {
  state: ReadonlySignal<SessionState>;
  check(): Promise<void>;
  signIn(username: string, password: string): Promise<Answer<null>>;
  signOut(): Promise<Problem | null>;
  /**
   * Called when the API unexpectedly says 401. Resolves to whether the request may be sent again: true once the same person has signed in
   * again above their unsaved work, and false at once if nothing was unsaved.
   */
  ended(): Promise<boolean>;
}

/** `unsaved`: whether something was typed that would be lost with the page. */
export function createSession(client: AdminClient, unsaved: () => boolean): Session {
  const state = signal<SessionState>({ is: "checking" });
  /** Requests that wait for the sign-in meanwhile. */
  let waiting: ((sameAgain: boolean) => void)[] = [];

  async function check(): Promise<void> {
    const answer = await ask(client.admin.session.$get());
    if (answer.ok) state.value = { is: "signed-in", username: answer.value.username };
    else if (answer.problem.status === 401) state.value = { is: "signed-out", expired: false };
    else state.value = { is: "unreachable", problem: answer.problem };
  }

  async function signIn(username: string, password: string): Promise<Answer<null>> {
    const answer = await ask(client.admin.login.$post({ json: { username, password } }));
    if (answer.ok) {
      const before = state.value;
      state.value = { is: "signed-in", username };
      for (const resume of waiting) resume(before.is === "lapsed" && before.username === username);
      waiting = [];
      return { ok: true, value: null };
    }
    const { problem } = answer;
    return { ok: false, problem: problem.status === 401 ? { ...problem, text: strings.problem.credentials } : problem };
  }

  async function signOut(): Promise<Problem | null> {
    const answer = await ask(client.admin.logout.$post());
    if (!answer.ok && answer.problem.status !== 401) return answer.problem;
    state.value = { is: "signed-out", expired: false };
    return null;
  }

  async function ended(): Promise<boolean> {
    const before = state.value;
    if (before.is === "signed-in") {
      state.value = unsaved() ? { is: "lapsed", username: before.username } : { is: "signed-out", expired: true };
    }
    if (state.value.is !== "lapsed") return false;
    return new Promise((resolve) => waiting.push(resolve));
  }

  return { state, check, signIn, signOut, ended };
}
