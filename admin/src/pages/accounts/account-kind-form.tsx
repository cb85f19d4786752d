/** The form for a new account of one kind: its credentials, or a sign-in at its provider. */
import { useMemo } from "preact/hooks";
import type { Console } from "../../console.ts";
import { type Choice, maybeEmpty, text } from "../../form/field.ts";
import { createForm, type Form } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import type { Router } from "../../router/router.ts";
import { useGroupChoices } from "../groups/group-choices.ts";
import type { Account } from "./accounts.ts";
import { EGRESS_SECTION, egressFields } from "./egress-fields.ts";
import { groupsField } from "./groups-field.ts";
import { fieldsOfKind } from "./kind-fields.ts";
import { type AccountKind, pathOfKind } from "./kinds.ts";
import { accountInput } from "./new-account-input.ts";
import { SignInFlow } from "./sign-in-flow.tsx";
import { TryAccount, useTrial } from "./try-account.tsx";
import { words } from "./words.ts";

interface Props {
  kind: AccountKind;
  data: Console;
  router: Router;
  onAdded: (account: Account) => void;
  onCancel: () => void;
}

export function AccountKindForm(props: Props) {
  const groups = useGroupChoices(props.data.client);
  const { signIn } = props.kind;
  if (groups === null) return <Skeleton rows={6} />;
  return signIn ? (
    <SignInFlow {...props} signIn={signIn} groups={groups} />
  ) : (
    <CredentialForm key={pathOfKind(props.kind)} {...props} groups={groups} />
  );
}

const FURTHER = ["api_keys", "group_ids"];

/** First what every account needs. */
function sectionsOf(names: readonly string[]) {
  const folded: readonly string[] = [...FURTHER, ...EGRESS_SECTION.names];
  const further = names.filter((name) => FURTHER.includes(name));
  return [
    { names: names.filter((name) => !folded.includes(name)) },
    ...(further.length > 0 ? [{ title: words.fields.further, names: further }] : []),
    EGRESS_SECTION,
  ];
}

/** Drops the secret from memory once the relay has it. */
function CredentialForm({ kind, data, router, onAdded, onCancel, groups }: Props & { groups: readonly Choice[] }) {
  const trial = useTrial(kind, data.client);
  const form = useMemo((): Form<Account> => {
    const fields = {
      name: text({ label: words.name, hint: words.nameHint }),
      ...fieldsOfKind(kind),
      note: maybeEmpty(text({ label: words.fields.note })),
      ...groupsField(groups),
      ...egressFields(null),
    };
    const made: Form<Account> = createForm(fields, async (values) => {
      const wrong = await trial.before(made);
      return wrong === null ? data.accounts.add(accountInput(kind, values)) : { ok: false, problem: wrong };
    });
    return made;
    // When the groups are read again in between, they must not remove what was typed.
  }, [data, kind]);
  const state = trial.stateOf(form);
  return (
    <FormView
      id="account"
      form={form}
      sections={sectionsOf(Object.keys(form.fields))}
      submit={
        {
          untried: words.trial.andAdd,
          changed: words.trial.andAdd,
          failed: words.trial.addAnyway,
          worked: words.create,
        }[state]
      }
      sending={trial.checking.running.value ? words.page.checking : words.creating}
      onDone={onAdded}
      onCancel={onCancel}
      router={router}
    >
      <TryAccount trial={trial} form={form} />
      <p class="note small">{words.terms}</p>
    </FormView>
  );
}
