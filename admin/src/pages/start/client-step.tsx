/** The last steps: the lines for a client, and its first request with the key. Earlier use of the key does not count. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Answer, ask } from "../../api.ts";
import type { Console } from "../../console.ts";
import { withFilter } from "../../list/filters.ts";
import { useReading } from "../../list/reading.ts";
import { Icon } from "../../parts/icon.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import { Connection } from "../keys/connection.tsx";
import { FirstRequest } from "../keys/first-request.tsx";
import { words as keysWords } from "../keys/words.ts";
import { NEVER_USED } from "./steps.ts";
import { words } from "./words.ts";

interface Props {
  /** The id of the key. */
  id: string;
  data: Console;
  router: Router;
  /** The key itself, if it was created just now. */
  secret: string | undefined;
  onWorks: () => void;
}

export function ClientStep({ id, data, router, secret, onWorks }: Props) {
  const reading = useReading(id, (signal) => data.keys.read(id, signal));
  const works = useSignal(false);
  const waiting = useRef<HTMLElement>(null);
  const key = reading.value.value;
  const search = new URLSearchParams(router.search.value);
  const after = useLastRequest(id, data, router);

  if (key === null) {
    return reading.problem.value ? (
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
    ) : (
      <Skeleton rows={8} />
    );
  }
  return (
    <>
      <p>
        <a href={router.href(pathTo("/keys/:id", { id }))}>{words.forKey(key.name)}</a>
      </p>
      <div class="start-client">
        <Connection
          apiKey={key}
          keys={data.keys}
          secret={secret}
          client={search.get("client") ?? undefined}
          onClient={(client) => router.setSearch(withFilter(router.search.value, "client", client))}
        />
        <section class="panel" aria-labelledby="start-wait" ref={waiting}>
          <h2 id="start-wait">{works.value ? words.worked : words.wait}</h2>
          <Trouble problem={after.problem.value} onRetry={after.refresh} />
          {after.id !== null && (
            <FirstRequest
              keyId={id}
              client={data.client}
              router={router}
              after={after.id === NEVER_USED ? undefined : after.id}
              onWorks={() => {
                works.value = true;
                onWorks();
                // On a phone the lines are above it.
                waiting.current?.scrollIntoView({ block: "nearest" });
              }}
            />
          )}
          {works.value && (
            <>
              <p class="soft">{words.workedWhat}</p>
              <div class="actions">
                <a class="button main" href={router.href("/start/key")}>
                  <Icon name="plus" />
                  {words.another}
                </a>
                <a class="button" href={router.href(`/requests?key_id=${id}`)}>
                  {words.log}
                </a>
                <a class="button" href={router.href("/")}>
                  {words.overview}
                </a>
                <a class="button" href={router.href(pathTo("/keys/:id", { id }))}>
                  {keysWords.openKey}
                </a>
              </div>
            </>
          )}
        </section>
      </div>
    </>
  );
}

/** The state at the beginning is not read again. */
const once = () => null;

/** The key's last request before this step. It goes into the address, because after a reload it must not be a later one. */
function useLastRequest(id: string, { client }: Console, router: Router) {
  const known = new URLSearchParams(router.search.value).get("after");
  const reading = useReading(
    `last of ${id}`,
    async (signal): Promise<Answer<string>> => {
      if (known !== null) return { ok: true, value: known };
      const newest = await ask(client.admin.requests.$get({ query: { key_id: id, limit: "1" } }, { init: { signal } }));
      return newest.ok ? { ok: true, value: newest.value.items[0]?.id ?? NEVER_USED } : newest;
    },
    once,
  );
  const found = reading.value.value;
  useEffect(() => {
    if (known === null && found !== null) router.setSearch(withFilter(router.search.value, "after", found));
  }, [known, found, router]);
  return { id: known, problem: reading.problem, refresh: reading.refresh };
}
