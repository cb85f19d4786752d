/** Waits for the first request of a key, and shows its result. Asks while it is visible, until one request has succeeded. */
import { useEffect } from "preact/hooks";
import { type AdminClient, ask } from "../../api.ts";
import { useReading } from "../../list/reading.ts";
import { Icon } from "../../parts/icon.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import { pollDelay } from "../requests/polling.ts";
import type { RequestRow } from "../requests/requests.ts";
import { words as keysWords } from "./words.ts";

const words = keysWords.firstRequest;

interface Props {
  keyId: string;
  client: AdminClient;
  router: Router;
  /** The id of the last request that does not count, because the key was used before. */
  after?: string | undefined;
  onWorks?: () => void;
}

export function FirstRequest({ keyId, client, router, after, onWorks }: Props) {
  const reading = useReading(
    `${keyId} ${after}`,
    (signal) => ask(client.admin.requests.$get({ query: { key_id: keyId, limit: "1" } }, { init: { signal } })),
    // A person looks from the terminal to the page. Each reading takes one row.
    (page, readings) => (isGood(firstOf(page, after)) ? null : pollDelay(readings, 0)),
  );
  const request = firstOf(reading.value.value, after);
  const works = isGood(request);
  useEffect(() => {
    if (works) onWorks?.();
  }, [works]);

  return (
    <div role="status">
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
      {request === undefined ? (
        <p class="note">
          <Icon name="activity" />
          <span>
            {words.waiting} <a href={router.href(`/requests/refused?key_id=${keyId}`)}>{words.refused}</a>
          </span>
        </p>
      ) : (
        <p class={works ? "note good" : "note"}>
          <Icon name={works ? "circle-check" : "activity"} />
          <span>
            {works ? words.works : words.failed}{" "}
            <a href={router.href(pathTo("/requests/:id", { id: request.id }))}>{words.open}</a>
          </span>
        </p>
      )}
    </div>
  );
}

/** The newest request, if it counts. */
function firstOf(page: { items: readonly RequestRow[] } | null, after: string | undefined): RequestRow | undefined {
  const newest = page?.items[0];
  return newest?.id === after ? undefined : newest;
}

function isGood(request: RequestRow | undefined): boolean {
  return request?.outcome === "completed" && request.status < 400;
}
