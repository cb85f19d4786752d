/** Waits for the first request of a key that was just made, and says when it is there and how it ended. Asks while it is in sight. */
import { type AdminClient, ask } from "../../api.ts";
import { useReading } from "../../list/reading.ts";
import { Icon } from "../../parts/icon.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import { words as keysWords } from "./words.ts";

const words = keysWords.firstRequest;

/** A person looks from the terminal to the page; one row is read each time. */
const EVERY_MS = 3_000;

interface Props {
  keyId: string;
  client: AdminClient;
  router: Router;
}

export function FirstRequest({ keyId, client, router }: Props) {
  const reading = useReading(
    keyId,
    (signal) => ask(client.admin.requests.$get({ query: { key_id: keyId, limit: "1" } }, { init: { signal } })),
    EVERY_MS,
  );
  const request = reading.value.value?.items[0];
  const works = request?.outcome === "completed" && request.status < 400;
  return (
    <div role="status">
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
      {request === undefined ? (
        <p class="note">
          <Icon name="activity" />
          {words.waiting}
        </p>
      ) : (
        <p class={works ? "note good" : "note"}>
          <Icon name={works ? "circle-check" : "activity"} />
          {works ? words.works : words.failed}{" "}
          <a href={router.href(pathTo("/requests/:id", { id: request.id }))}>{words.open}</a>
        </p>
      )}
    </div>
  );
}
