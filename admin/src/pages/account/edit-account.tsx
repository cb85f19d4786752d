/** All settings of an account, in a drawer. Its secrets are entered anew or stay as they are; they are never shown. */
import { useMemo } from "preact/hooks";
import type { Answer } from "../../api.ts";
import type { Console } from "../../console.ts";
import type { Choice } from "../../form/field.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { strings } from "../../locale/strings.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import type { Router } from "../../router/router.ts";
import type { Account } from "../accounts/accounts.ts";
import { useGroupChoices } from "../groups/group-choices.ts";
import { words as keysWords } from "../keys/words.ts";
import { ACCOUNT_SECTIONS, accountChange, accountFields } from "./account-form.ts";

interface Props {
  account: Account;
  data: Console;
  router: Router;
  onClose: () => void;
  onSaved: () => void;
}

export function EditAccountDrawer(props: Props) {
  const { account, data, onClose } = props;
  const groups = useGroupChoices(data.client);
  return (
    <Drawer title={keysWords.editTitle(account.name)} wide onClose={onClose}>
      {groups === null ? <Skeleton rows={6} /> : <AccountForm {...props} groups={groups} />}
    </Drawer>
  );
}

function AccountForm({ account, data, router, groups, onClose, onSaved }: Props & { groups: readonly Choice[] }) {
  const form = useMemo(
    () =>
      createForm(accountFields(account, groups), async (values, changed): Promise<Answer<null>> => {
        const answer = await data.accounts.change(account.id, accountChange(values, changed));
        return answer.ok ? { ok: true, value: null } : answer;
      }),
    // A reading in between must not remove what was typed.
    [data, account.id],
  );
  return (
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
  );
}
