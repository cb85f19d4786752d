/** The empty request log: the three steps to a first request, with the next one pointed out. */
import type { Directory } from "../../directory.ts";
import { strings } from "../../locale/strings.ts";
import type { Router } from "../../router/router.ts";
import { words as requestsWords } from "./words.ts";

const words = requestsWords.start;

export function StartHere({ directory, router }: { directory: Directory; router: Router }) {
  const known = directory.known.value;
  if (known === null) return null;
  const { hasAccount, hasKey } = known;

  const next = !hasAccount
    ? { href: router.href("/accounts/new"), label: strings.palette.addAccount, text: words.noAccount }
    : !hasKey
      ? { href: router.href("/keys/new"), label: strings.palette.createKey, text: words.noKey }
      : { href: router.href("/keys"), label: words.openKeys, text: words.ready };

  return (
    <section class="panel start" aria-labelledby="start-title">
      <div>
        <h2 id="start-title">{words.title}</h2>
        <p class="soft">{next.text}</p>
      </div>
      <ol class="steps">
        <Step title={words.account} text={words.accountWhy} done={hasAccount} next={!hasAccount} />
        <Step title={words.key} text={words.keyWhy} done={hasKey} next={hasAccount && !hasKey} />
        <Step title={words.request} text={words.requestWhy} done={false} next={hasAccount && hasKey} />
      </ol>
      <div class="actions">
        <a class="button main" href={next.href}>
          {next.label}
        </a>
      </div>
    </section>
  );
}

interface StepProps {
  title: string;
  text: string;
  done: boolean;
  next: boolean;
}

function Step({ title, text, done, next }: StepProps) {
  return (
    <li class={done ? "done" : next ? "next" : undefined} aria-current={next ? "step" : undefined}>
      <b>
        {title}
        {done && <span class="unseen"> ({words.done})</span>}
      </b>
      <p>{text}</p>
    </li>
  );
}
