/** `reseal`: seals every stored secret again under a new ENCRYPTION_KEY, step by step. It may be stopped and begun again at any time. */
import type { EnvelopesView, NotResealedView, ResealView, SealsView } from "../../../src/admin/reseal/schema.ts";
import { type AdminClient, ask } from "../client.ts";
import { DONE, failed, type Outcome } from "../failure.ts";
import type { Cell } from "../table.ts";
import type { Cli, Verb } from "../verb.ts";
import { atMost } from "../words.ts";

/** The API's default, chosen for the free plan's CPU time. */
const A_STEP = 25;
const LARGEST_STEP = 100;

export const reseal: Verb = {
  name: "reseal",
  summary: "seals every secret anew under the newest ENCRYPTION_KEY; may be stopped and begun again",
  define: (command, run) =>
    void command
      .option("--check", "only say under which keys everything is sealed")
      .option("--step <count>", `how many at once, ${LARGEST_STEP} at the most`, atMost, A_STEP)
      .option("--cursor <cursor>", "go on where a run was stopped")
      .action(({ check, step, cursor }) =>
        run(async (cli) => {
          const relay = cli.relay();
          if (!relay.ok) return relay;
          const { client } = relay.value;
          if (check) return showSeals(cli, client);
          const done = await resealAll(cli, client, Math.min(step, LARGEST_STEP), cursor);
          return done.ok ? showSeals(cli, client) : done;
        }),
      ),
};

async function resealAll(
  { system, output }: Cli,
  client: AdminClient,
  limit: number,
  from: string | undefined,
): Promise<Outcome> {
  const left: NotResealedView[] = [];
  let cursor = from ?? null;
  do {
    if (system.signal.aborted) return stopped(cursor);
    const step = await ask(client.admin.reseal.$post({ json: { limit, ...(cursor !== null && { cursor }) } }));
    if (!step.ok) return step.refusal.exit === "interrupted" ? stopped(cursor) : step;
    left.push(...step.value.not_resealed);
    output.progress(progressOf(step.value));
    cursor = step.value.next_cursor;
  } while (cursor !== null);
  for (const { part, id, reason } of left) output.note(`Not sealed anew: ${part} of ${id} (${reason}).`);
  if (left.length === 0) return DONE;
  return failed("failed", `${left.length} values stay as they are.`, "docs/admin-api.md says what each reason means.");
}

function progressOf({ total, left }: ResealView): string {
  return `Sealed anew: ${total.resealed}; could not be: ${total.not_resealed}; to go: ${left}.`;
}

function stopped(cursor: string | null): Outcome {
  const again = cursor === null ? "edge-relay reseal" : `edge-relay reseal --cursor ${cursor}`;
  return failed("interrupted", "Stopped; what was sealed anew stays so.", `Go on with: ${again}`);
}

async function showSeals({ output }: Cli, client: AdminClient): Promise<Outcome> {
  // The tables are counted on the first page; the sign-ins of more accounts are on the others.
  const pages: SealsView[] = [];
  do {
    const cursor = pages.at(-1)?.next_cursor;
    const page = await ask(client.admin.reseal.$get({ query: cursor ? { cursor } : {} }));
    if (!page.ok) return page;
    pages.push(page.value);
  } while (pages.at(-1)?.next_cursor);
  const seals = {
    keys: pages[0]?.keys ?? [],
    envelopes: summed(pages.flatMap(({ envelopes }) => envelopes)),
    unreachable: pages.flatMap(({ unreachable }) => unreachable),
  };
  output.result(seals, ({ envelopes }) => output.table(["what", "key", "state", "count"], envelopes.map(rowOf)));
  if (seals.unreachable.length > 0) output.note(`Did not answer: the objects of ${seals.unreachable.join(", ")}.`);
  return { ok: true, value: seals };
}

function rowOf({ part, key_id, state, count }: EnvelopesView): Cell[] {
  return [part.replaceAll("_", " "), key_id, { text: state, style: state === "newest" ? "green" : "red" }, count];
}

/** One line for each part and key, from all pages. */
function summed(all: readonly EnvelopesView[]): EnvelopesView[] {
  const sums = new Map<string, EnvelopesView>();
  for (const each of all) {
    const name = `${each.part} ${each.key_id}`;
    sums.set(name, { ...each, count: each.count + (sums.get(name)?.count ?? 0) });
  }
  return [...sums.values()];
}
