/** All that can be set of an account, in a drawer. Its secrets are given anew or stay as they are; they are never shown. */
import { useMemo } from "preact/hooks";
import type { Answer } from "../../api.ts";
import type { Console } from "../../console.ts";
import { createForm, only } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { strings } from "../../locale/strings.ts";
import { Drawer } from "../../parts/drawer.tsx";
import type { Router } from "../../router/router.ts";
import type { Account } from "../accounts/accounts.ts";
import { words as keysWords } from "../keys/words.ts";
import { ACCOUNT_SECTIONS, accountFields } from "./account-form.ts";

interface Props {
  account: Account;
  data: Console;
  router: Router;
  onClose: () => void;
  onSaved: () => void;
}

export function EditAccountDrawer({ account, data, router, onClose, onSaved }: Props) {
  const form = useMemo(
    () =>
      createForm(accountFields(account), async (values, changed): Promise<Answer<null>> => {
        const answer = await data.accounts.change(account.id, only(values, changed));
        return answer.ok ? { ok: true, value: null } : answer;
      }),
    // A reading in between must not take away what was typed.
    [data, account.id],
  );
  return (
    <Drawer title={keysWords.editTitle(account.name)} wide onClose={onClose}>
      <FormView
        id="account"
        form={form}
        sections={ACCOUNT_SECTIONS}
        submit={strings.save}
        sending={strings.saving}
        onDone={onSaved}
        onCancel={onClose}
        router={router}
      />
    </Drawer>
  );
}
