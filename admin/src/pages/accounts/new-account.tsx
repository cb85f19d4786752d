/** Adding an account, in a drawer: whose it is, what it is given, done. The drawer's address says how far one has come. */
import { useMemo } from "preact/hooks";
import type { Console } from "../../console.ts";
import { maybeEmpty, text } from "../../form/field.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { Drawer } from "../../parts/drawer.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import type { Account } from "./accounts.ts";
import { EGRESS_SECTION, egressFields } from "./egress-fields.ts";
import { ACCOUNT_KINDS, type AccountKind, kindOfPath, nameOfKind, pathOfKind } from "./kinds.ts";
import { accountInput } from "./new-account-input.ts";
import { SignInFlow } from "./sign-in-flow.tsx";
import { TryAccount } from "./try-account.tsx";
import { words } from "./words.ts";

interface Props {
  data: Console;
  router: Router;
  /** As the path has it; undefined until one is chosen. */
  kind: string | undefined;
}

export function NewAccountDrawer({ data, router, kind: path }: Props) {
  const kind = kindOfPath(path);
  const close = () => router.go(`/accounts${router.search.value}`);

  function added(account: Account): void {
    router.go(pathTo("/accounts/:id", { id: account.id }), { replace: true });
    data.notice.value = { text: words.wasAdded(account.name) };
    void data.directory.load();
  }

  if (!kind) {
    return (
      <Drawer title={words.add} wide onClose={close}>
        <p class="soft">{words.chooseKind}</p>
        <div class="tiles">
          {ACCOUNT_KINDS.map((offered) => (
            <a
              key={pathOfKind(offered)}
              class="tile"
              href={router.href(pathTo("/accounts/new/:kind", { kind: pathOfKind(offered) }))}
            >
              {offered.provider}
              <small>{offered.way}</small>
            </a>
          ))}
        </div>
      </Drawer>
    );
  }
  const shared = { data, router, onAdded: added, onCancel: close };
  return (
    <Drawer key={path} title={nameOfKind(kind.platform, kind.kind)} wide onClose={close}>
      {kind.signIn ? <SignInFlow signIn={kind.signIn} {...shared} /> : <CredentialForm kind={kind} {...shared} />}
    </Drawer>
  );
}

interface FormProps {
  kind: AccountKind;
  data: Console;
  router: Router;
  onAdded: (account: Account) => void;
  onCancel: () => void;
}

/** Drops the secret from memory once the relay has it. */
function CredentialForm({ kind, data, router, onAdded, onCancel }: FormProps) {
  const form = useMemo(
    () =>
      createForm(
        {
          name: text({ label: words.name, hint: words.nameHint }),
          ...kind.fields(),
          note: maybeEmpty(text({ label: words.fields.note })),
          ...egressFields(null),
        },
        (values) => data.accounts.add(accountInput(kind, values)),
      ),
    [data, kind],
  );
  return (
    <FormView
      id="account"
      form={form}
      sections={[{ names: ["name", ...Object.keys(kind.fields()), "note"] }, EGRESS_SECTION]}
      submit={words.create}
      sending={words.creating}
      onDone={onAdded}
      onCancel={onCancel}
      router={router}
    >
      <TryAccount key={pathOfKind(kind)} kind={kind} form={form} client={data.client} />
      <p class="note small">{words.terms}</p>
    </FormView>
  );
}
