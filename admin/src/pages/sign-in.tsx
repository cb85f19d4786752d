/** Username and password. Keeps neither after the attempt. */
import { useSignal } from "@preact/signals";
import { strings } from "../locale/en.ts";
import { Field } from "../parts/field.tsx";
import { Trouble } from "../parts/trouble.tsx";
import type { Problem } from "../problem.ts";
import type { Session } from "../session.ts";

export function SignIn({ session, expired }: { session: Session; expired: boolean }) {
  const username = useSignal("");
  const password = useSignal("");
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const words = strings.signIn;

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    problem.value = await session.signIn(username.value.trim(), password.value);
    busy.value = false;
  }

  return (
    <main class="gate">
      <form onSubmit={submit}>
        <span class="brand">
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" />
          {strings.product}
        </span>
        <h1 class="unseen">{words.title}</h1>
        {expired && problem.value === null && <p role="status">{words.expired}</p>}
        <Field
          id="username"
          label={words.username}
          value={username}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          takesFocus
        />
        <Field
          id="password"
          label={words.password}
          value={password}
          type="password"
          autocomplete="current-password"
          required
        />
        <Trouble problem={problem.value} />
        <button type="submit" class="main" disabled={busy.value}>
          {busy.value ? words.busy : words.submit}
        </button>
        <p class="hint">{words.lost}</p>
      </form>
    </main>
  );
}
