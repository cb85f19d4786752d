/**
 * Signing in to a provider for an account: open its page, bring back what it gives, and confirm that its terms were read. The terms are
 * the provider's, in the relay's words. Without the confirmation nothing is sent. No token reaches this page.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Answer } from "../../api.ts";
import type { Console } from "../../console.ts";
import { type Choice, type Fields, flag, maybeEmpty, text, type Values } from "../../form/field.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { NO_ANSWER, type Problem } from "../../problem.ts";
import type { Router } from "../../router/router.ts";
import type { Account, StartedSignIn } from "./accounts.ts";
import { changedEgress, EGRESS_SECTION, type EgressValues, egressFields, withoutEgress } from "./egress-fields.ts";
import { groupsField } from "./groups-field.ts";
import type { AccountKind } from "./kinds.ts";
import { words as accountsWords } from "./words.ts";

const words = accountsWords.signIn;

const OF_EGRESS: readonly string[] = EGRESS_SECTION.names;

type SignIn = NonNullable<AccountKind["signIn"]>;

interface Props {
  signIn: SignIn;
  data: Console;
  router: Router;
  /** The account that is signed in to again. Without it, a new one is created. */
  account?: Account;
  /** The groups that a new account may be in. */
  groups?: readonly Choice[];
  onAdded: (account: Account) => void;
  onCancel: () => void;
}

export function SignInFlow(props: Props) {
  const { signIn, data } = props;
  const started = useSignal<StartedSignIn | null>(null);
  const problem = useSignal<Problem | null>(null);

  async function start(): Promise<void> {
    problem.value = null;
    const answer = await data.accounts.startSignIn(signIn.flow);
    problem.value = answer.ok ? null : answer.problem;
    started.value = answer.ok ? answer.value : null;
  }

  useEffect(() => void start(), [signIn.flow]);

  if (problem.value) return <Trouble problem={problem.value} onRetry={start} />;
  if (started.value === null) return <Skeleton rows={4} />;
  return <Finish key={started.value.flow_id} {...props} started={started.value} onRestart={() => void start()} />;
}

interface FinishProps extends Props {
  started: StartedSignIn;
  onRestart: () => void;
}

function fieldsOf(signIn: SignIn, account: Props["account"], groups: readonly Choice[], terms: string) {
  const brought = { code: words.code, address: words.address, nothing: "" }[signIn.brings];
  const hint = { code: words.codeHint, address: words.addressHint, nothing: "" }[signIn.brings];
  return {
    ...(signIn.brings !== "nothing" && { code: text({ label: brought, hint }) }),
    ...(account === undefined && { name: text({ label: accountsWords.name, hint: accountsWords.nameHint }) }),
    ...(account === undefined && {
      owner: maybeEmpty(text({ label: accountsWords.fields.owner, hint: accountsWords.fields.ownerHint })),
      shared: flag({ label: accountsWords.fields.shared }),
    }),
    ...(signIn.project && {
      project_id: maybeEmpty(
        text({
          label: accountsWords.fields.project,
          hint: accountsWords.fields.projectHint,
          initial: account?.project_id,
        }),
      ),
    }),
    ...groupsField(groups),
    terms_acknowledged: agreed({ label: words.agree, hint: terms }),
    ...egressFields(account ?? null),
  } satisfies Fields;
}

/** A box that people must tick themselves, with the sentence below it. */
function agreed(asked: { label: string; hint: string }) {
  const box = flag(asked);
  return {
    ...box,
    read: (draft: string) =>
      draft === "" ? ({ ok: false, code: "agree" } as const) : ({ ok: true, value: true } as const),
  };
}

function Finish({ signIn, data, router, account, groups = [], started, onAdded, onCancel, onRestart }: FinishProps) {
  const waiting = useSignal(false);
  const left = useRef(false);
  useEffect(
    () => () => {
      left.current = true;
    },
    [],
  );
  const form = useMemo(
    () =>
      createForm(
        fieldsOf(signIn, account, groups, started.terms),
        async (values, changed): Promise<Answer<Account>> => {
          const input = inputOf(signIn, account, started.flow_id, values, changed);
          // Meanwhile the code is entered at the provider's page. Closing the drawer ends the waiting.
          for (;;) {
            const answer = await data.accounts.finishSignIn(signIn.flow, input);
            if (!answer.ok) return answer;
            const { value } = answer;
            if (value.status === "done") return { ok: true, value: value.account };
            if (left.current) return { ok: false, problem: NO_ANSWER };
            waiting.value = true;
            await new Promise((resolve) => setTimeout(resolve, value.interval_seconds * 1_000));
          }
        },
      ),
    [data, signIn, account, started],
  );
  const address = started.authorize_url ?? started.verification_url;

  return (
    <>
      <ol class="steps">
        <li class="next">
          <b>{words.open}</b>
          <p>{signIn.brings === "nothing" ? words.openDevice : words.openPage}</p>
        </li>
        <li class="next">
          <b>{words.finish}</b>
          <p>{{ code: words.codeHint, address: words.addressHint, nothing: words.deviceHint }[signIn.brings]}</p>
        </li>
      </ol>
      {started.user_code !== null && (
        <div class="stack">
          <p class="user-code">{started.user_code}</p>
          <CopyButton text={started.user_code} what={words.userCode} />
        </div>
      )}
      {address !== null && (
        <div class="actions">
          <a class="button" href={address} target="_blank" rel="noreferrer">
            <Icon name="external-link" />
            {words.openButton}
          </a>
          <CopyButton text={address} what={words.openButton} />
          <button type="button" class="quiet" onClick={onRestart}>
            <Icon name="refresh-cw" />
            {words.again}
          </button>
        </div>
      )}
      <FormView
        id="sign-in-account"
        form={form}
        sections={[{ names: Object.keys(form.fields).filter((name) => !OF_EGRESS.includes(name)) }, EGRESS_SECTION]}
        submit={words.submit}
        sending={waiting.value ? words.waiting : words.sending}
        onDone={onAdded}
        onCancel={onCancel}
        router={router}
      />
    </>
  );
}

type Given = Partial<Values<{ code: ReturnType<typeof text>; name: ReturnType<typeof text> }>> & {
  owner?: string;
  shared?: boolean;
  project_id?: string;
  group_ids?: string[];
  terms_acknowledged: boolean;
} & EgressValues;

/** What is sent to the relay. Pure. */
function inputOf(
  signIn: SignIn,
  account: Props["account"],
  flowId: string,
  values: Given,
  changed: ReadonlySet<string>,
) {
  const { code, project_id, group_ids: groups = [], ...given } = withoutEgress(values);
  const project = changed.has("project_id") && project_id !== undefined && { project_id };
  const brought = code === undefined ? {} : signIn.brings === "address" ? { callback_url: code } : { code };
  return {
    ...given,
    ...project,
    ...(groups.length > 0 && { group_ids: groups }),
    ...changedEgress(values, changed),
    ...brought,
    flow_id: flowId,
    ...(account !== undefined && { account_id: account.id }),
  };
}
