/** Username and password. Keeps neither after the attempt. */
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
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
        <SignInForm session={session} note={expired ? words.expired : null} />
        <p class="hint">{words.lost}</p>
        <p class="hint">
          <a href={`${import.meta.env.BASE_URL}me`}>{words.holder}</a>
        </p>
      </div>
    </main>
  );
}

/** Shown above a page with unsaved work, which is there again afterwards. Only signing in, or leaving the page, closes it. */
export function SignInAgain({ session }: { session: Session }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    shown?.querySelector("input")?.focus();
    return () => shown?.close();
  }, []);

  return (
    <dialog
      ref={dialog}
      class="question"
      aria-labelledby="sign-in-again"
      onCancel={(event) => event.preventDefault()}
      onClose={(event) => {
        // A second Escape in a row cannot be prevented, so the dialog is opened again.
        if (event.currentTarget.isConnected) event.currentTarget.showModal();
      }}
    >
      <h2 id="sign-in-again">{words.title}</h2>
      <SignInForm session={session} note={words.lapsed} />
    </dialog>
  );
}

function SignInForm({ session, note }: { session: Session; note: string | null }) {
  const form = useMemo(
    () => createForm(FIELDS, ({ username, password }) => session.signIn(username, password)),
    [session],
  );
  return (
    <>
      {note !== null && form.problem.value === null && <p role="status">{note}</p>}
      {/* The session then changes, and this form disappears. */}
      <FormView id="sign-in" class="rows" form={form} submit={words.submit} sending={words.busy} onDone={() => {}} />
    </>
  );
}
