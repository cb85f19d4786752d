/** A problem in words, announced at once, with a button to try again if that makes sense. */
import { phrase } from "../locale/phrases.ts";
import { strings } from "../locale/strings.ts";

interface Props {
  problem: { text: string } | null;
  onRetry?: (() => unknown) | undefined;
}

export function Trouble({ problem, onRetry }: Props) {
  if (problem === null) return null;
  return (
    <div class="problem" role="alert">
      <span>{phrase(problem.text, strings.problem.quoted)}</span>
      {onRetry && (
        <button type="button" class="quiet" onClick={() => void onRetry()}>
          {strings.retry}
        </button>
      )}
    </div>
  );
}
