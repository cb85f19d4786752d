/** Shown until the relay has said whether somebody is signed in, or if it cannot be asked. */
import { strings } from "../locale/strings.ts";
import { Trouble } from "../parts/trouble.tsx";
import type { Problem } from "../problem.ts";

export function Waiting({ problem, onRetry }: { problem?: Problem; onRetry?: () => Promise<void> }) {
  return (
    <main class="gate">
      {problem ? (
        <div class="waiting">
          <Trouble problem={problem} onRetry={onRetry} />
        </div>
      ) : (
        <p class="soft">{strings.loading}</p>
      )}
    </main>
  );
}
