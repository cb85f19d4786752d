/** Username and password. Keeps neither after the attempt. */
import { useMemo } from "preact/hooks";
import { signIn } from "../form/field.ts";
import { createForm } from "../form/form.ts";
import { FormView } from "../form/form-view.tsx";
import { strings } from "../locale/strings.ts";
import type { Session } from "../session.ts";
import { Look } from "../shell/bar.tsx";

const words = strings.signIn;

const FIELDS = {
  username: signIn("username", { label: words.username }),
  password: signIn("current-password", { label: words.password }),
};

export function SignIn({ session, expired }: { session: Session; expired: boolean }) {
  const form = useMemo(
    () => createForm(FIELDS, ({ username, password }) => session.signIn(username, password)),
    [session],
  );

  return (
    <main class="gate">
      <div class="card">
        <div class="heading">
          <span class="brand">
            <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" />
            {strings.product}
          </span>
          <Look />
        </div>
        <h1 class="unseen">{words.title}</h1>
        {expired && form.problem.value === null && <p role="status">{words.expired}</p>}
        {/* The session says that somebody is in, and this page is gone. */}
        <FormView id="sign-in" class="rows" form={form} submit={words.submit} sending={words.busy} onDone={() => {}} />
        <p class="hint">{words.lost}</p>
        <p class="hint">
          <a href={`${import.meta.env.BASE_URL}me`}>{words.holder}</a>
        </p>
      </div>
    </main>
  );
}
