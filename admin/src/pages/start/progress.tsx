/** The steps to a first request, and how many of them are done. */
import { type Face, STEPS, type Step } from "./steps.ts";
import { words } from "./words.ts";
import "./start.css";

interface Props {
  faces: Readonly<Record<Step, Face>>;
  /** The address of a step that can be taken or looked at again; null: not from here. */
  hrefOf?: (step: Step) => string | null;
}

export function Progress({ faces, hrefOf }: Props) {
  const current = STEPS.find((step) => faces[step] === "next");
  return (
    <ol class="steps four" aria-label={words.progress}>
      {STEPS.map((step) => {
        const face = faces[step];
        const href = step === current ? null : (hrefOf?.(step) ?? null);
        return (
          <li
            key={step}
            class={face === "later" ? undefined : face}
            aria-current={step === current ? "step" : undefined}
          >
            <b>
              {href === null ? words.steps[step] : <a href={href}>{words.steps[step]}</a>}
              {face === "done" && <span class="unseen"> ({words.done})</span>}
            </b>
            <p>{words.why[step]}</p>
          </li>
        );
      })}
    </ol>
  );
}
