/**
 * The request log as CSV (RFC 4180), newest first. D1 writes the lines: to turn some thousand rows into text here would take more than the
 * free plan's 10 ms of CPU. Text that a spreadsheet would execute as a formula is made harmless.
 */
import { and, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { accounts, apiKeys, requests } from "../../store/schema.ts";
import { USAGE_COLUMNS, USAGE_FIELDS } from "../../vocabulary.ts";
import type { VerbContext } from "../api/context.ts";
import { conditionsOf, idAt, rangeOf } from "./filters.ts";
import type { ExportRequests } from "./schema.ts";

/** How many log rows one file covers. Each is read, together with the names of its key and its account. */
export const ROWS_PER_FILE = 5_000;
/** With conditions, only few of them become lines, so a file covers more. */
export const ROWS_PER_FILTERED_FILE = 20_000;
const LINES_PER_PAGE = 1_000;

/** Characters that end a cell in countries with a decimal comma: there a line is split at semicolons, even inside quotes. */
const ENDS = ["';'", "char(9)", "char(10)", "char(13)"].map((end) => sql.raw(end));

const COLUMNS: Record<string, SQL> = {
  id: text(requests.id),
  time: sql`strftime('%Y-%m-%dT%H:%M:%fZ', ${requests.time} / 1000.0, 'unixepoch')`,
  key_id: text(requests.keyId),
  key_name: text(apiKeys.name),
  account_id: text(requests.accountId),
  account_name: text(accounts.name),
  platform: text(requests.platform),
  client: text(requests.client),
  session_id: text(requests.sessionId),
  agent_id: text(requests.agentId),
  parent_agent_id: text(requests.parentAgentId),
  protocol: text(requests.protocol),
  upstream_protocol: text(requests.upstreamProtocol),
  model: text(requests.model),
  served_model: text(requests.servedModel),
  status: number(requests.status),
  outcome: text(requests.outcome),
  stream: number(requests.stream),
  ...Object.fromEntries(USAGE_FIELDS.map((field) => [USAGE_COLUMNS[field], number(requests[field])])),
  cost_usd: dollars(requests.costNanos),
  unpriced: number(requests.unpriced),
  estimated: number(requests.estimated),
  ttft_ms: number(requests.ttftMs),
  duration_ms: number(requests.durationMs),
  attempts: sql`json_array_length(${requests.attempts})`,
};

const LINE = joined(Object.values(COLUMNS));

/** The cells with commas between them, as a balanced tree: D1 accepts expressions at most 100 deep, and `||` nests to the left. */
function joined(cells: SQL[]): SQL {
  const [only] = cells;
  if (only && cells.length === 1) return only;
  const half = Math.ceil(cells.length / 2);
  return sql`(${joined(cells.slice(0, half))} || ',' || ${joined(cells.slice(half))})`;
}

export interface Export {
  /** UTF-8. Breaks off with an error if D1 does, so that no incomplete file looks complete. */
  body: ReadableStream<Uint8Array>;
  /** Where the next file begins; null if this one reaches the end of the range. */
  nextCursor: string | null;
}

/** One file. Its lines are read page by page while it is sent. */
export async function exportRequests({ env }: VerbContext, input: ExportRequests): Promise<Export> {
  await flushRecentlySettled(env);
  const range = rangeOf(input);
  const conditions = conditionsOf(input);
  const nextCursor = await idAt(env, range, (conditions ? ROWS_PER_FILTERED_FILE : ROWS_PER_FILE) - 1);
  const wanted = and(range, nextCursor ? gte(requests.id, nextCursor) : undefined, conditions);
  const encoder = new TextEncoder();
  let behind: string | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(`${Object.keys(COLUMNS).join(",")}\r\n`));
    },
    async pull(controller) {
      const lines = await linesOf(env, and(wanted, behind ? lt(requests.id, behind) : undefined));
      behind = lines.at(-1)?.id;
      if (lines.length > 0) controller.enqueue(encoder.encode(lines.map(({ line }) => `${line}\r\n`).join("")));
      if (lines.length < LINES_PER_PAGE) controller.close();
    },
  });
  return { body, nextCursor };
}

async function linesOf(env: Env, where: SQL | undefined): Promise<{ id: string; line: string }[]> {
  return drizzle(env.DB)
    .select({ id: requests.id, line: sql<string>`${LINE}` })
    .from(requests)
    .leftJoin(apiKeys, eq(apiKeys.id, requests.keyId))
    .leftJoin(accounts, eq(accounts.id, requests.accountId))
    .where(where)
    .orderBy(desc(requests.id))
    .limit(LINES_PER_PAGE);
}

/**
 * A quoted cell. Spreadsheets execute what begins with one of these characters, also in full width, or with a tab or a line break before it
 * (OWASP, CSV injection). An apostrophe in front makes it text. Empty for null.
 */
function text(value: unknown): SQL {
  const cell = sql`coalesce(${value}, '')`;
  const first = sql`substr(${cell}, 1, 1)`;
  const guard = sql`iif(${first} in ('=', '+', '-', '@', '＝', '＋', '－', '＠', char(9), char(10), char(13)), '''', '')`;
  const guarded = ENDS.reduce((before, end) => sql`replace(${before}, ${end}, ${end} || '''')`, cell);
  const within = sql`iif(${cell} GLOB '*[;' || char(9, 10, 13) || '][=+@＝＋－＠-]*', ${guarded}, ${cell})`;
  return sql`'"' || ${guard} || replace(${within}, '"', '""') || '"'`;
}

function number(value: unknown): SQL {
  return sql`coalesce(${value}, '')`;
}

/** The shortest exact decimal, as in the API. */
function dollars(nanos: unknown): SQL {
  return sql`rtrim(rtrim(printf('%d.%09d', ${nanos} / 1000000000, ${nanos} % 1000000000), '0'), '.')`;
}
