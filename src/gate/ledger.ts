/**
 * Writes booked requests from a key's gate to D1: exactly once, several at a time.
 *
 * A request's own row in the log is the proof that it is booked. Log rows and hourly sums are written in one transaction
 * that leaves out what has a row already, so a flush may be repeated after any failure, in any order and with other
 * entries than the last time, and books nothing twice. One kind of row is replaced, and its share of the sums with it: a row that
 * says `lost` (nobody knew how the request ended) by the entry that says how it ended. All entries travel as one JSON parameter: D1
 * allows 100 parameters to a statement, and unpacking it costs D1's CPU, not the object's.
 */
import type { Entry } from "../store/entry.ts";
import { ADD_TO_SUMS, addedBy, SUM_COLUMNS, SUMMED_UP } from "../store/sums.ts";
import { USAGE_COLUMNS, USAGE_FIELDS } from "../vocabulary.ts";

/** Column of `requests` → where its value lies in an entry's JSON. `->` keeps JSON as JSON text. */
const COLUMNS: Record<string, string> = {
  id: "->> 'id'",
  time: "->> 'time'",
  account_id: "->> 'accountId'",
  platform: "->> 'platform'",
  client: "->> 'client'",
  session_id: "->> '$.origin.sessionId'",
  agent_id: "->> '$.origin.agentId'",
  parent_agent_id: "->> '$.origin.parentAgentId'",
  protocol: "->> 'protocol'",
  upstream_protocol: "->> 'upstreamProtocol'",
  model: "->> 'model'",
  served_model: "->> 'servedModel'",
  status: "->> 'status'",
  outcome: "->> 'outcome'",
  stream: "->> 'stream'",
  ...Object.fromEntries(USAGE_FIELDS.map((field) => [USAGE_COLUMNS[field], `->> '$.usage.${field}'`])),
  cost_nanos: "->> 'costNanos'",
  unpriced: "->> 'unpriced'",
  price_mode: "->> 'priceMode'",
  estimated: "->> 'estimated'",
  ttft_ms: "->> 'ttftMs'",
  duration_ms: "->> 'durationMs'",
  attempts: "-> 'attempts'",
};

/** An entry that was stored before one of these counts existed lacks it; it is 0 then. */
const COUNTS: ReadonlySet<string> = new Set(Object.values(USAGE_COLUMNS));
const unpacked = (name: string) =>
  COUNTS.has(name) ? `coalesce(value ${COLUMNS[name]}, 0)` : `value ${COLUMNS[name]}`;

/**
 * The entries in the JSON of a parameter, as rows with these columns of the log. They are materialised: `json_each` writes a value out
 * as text whenever it is looked at, and the sums look at each value some hundred times.
 */
function entriesIn(parameter: string, columns = Object.keys(COLUMNS)): string {
  const values = columns.map((name) => `${unpacked(name)} AS ${name}`).join(", ");
  return `WITH given AS MATERIALIZED (SELECT value FROM json_each(${parameter})),
  entry AS MATERIALIZED (SELECT ${values} FROM given)`;
}
const ofEntry = (column: string) => `entry.${column}`;

/** Whether the entry replaces the row that D1 has of its request. */
const GIVES_WAY = "logged.outcome = 'lost' AND entry.outcome <> 'lost'";
/** To be joined by a cross join, which keeps its order: the log is looked into once for each entry, and never read whole. */
const LOGGED = "requests AS logged ON logged.id = entry.id";

const INSERT_REQUESTS = `${entriesIn("?2")} INSERT INTO requests (key_id, ${Object.keys(COLUMNS).join(", ")})
  SELECT ?1, ${Object.keys(COLUMNS).join(", ")} FROM entry WHERE true
  ON CONFLICT (id) DO UPDATE SET ${Object.keys(COLUMNS)
    .map((name) => `${name} = excluded.${name}`)
    .join(", ")} WHERE requests.outcome = 'lost' AND excluded.outcome <> 'lost'`;

/** A table of hourly sums, to which each entry is added, and from which what it replaces is subtracted. */
interface SumsTable {
  name: string;
  /** Each column of the table other than hour and key → the SQL of its value for a request. */
  by: Record<string, (of: (column: string) => string) => string>;
}

const USAGE_HOURLY: SumsTable = {
  name: "usage_hourly",
  by: { account_id: (of) => `coalesce(${of("account_id")}, '')`, model: (of) => of("model") },
};
const CLIENT_HOURLY: SumsTable = { name: "client_hourly", by: { client: (of) => of("client") } };

function addHourly({ name, by }: SumsTable): string {
  const columns = Object.keys(by).join(", ");
  const added = (of: (column: string) => string, times: 1 | -1) =>
    `SELECT ${of("time")} / 3600000 AS hour, ${Object.entries(by)
      .map(([column, value]) => `${value(of)} AS ${column}`)
      .join(", ")}, ${addedBy(of, times)}`;
  return `${entriesIn("?2")} INSERT INTO ${name} (hour, key_id, ${columns}, ${SUM_COLUMNS.join(", ")})
  SELECT hour, ?1, ${columns}, ${SUMMED_UP} FROM (
    ${added(ofEntry, 1)}
    FROM entry LEFT JOIN ${LOGGED} WHERE logged.id IS NULL OR (${GIVES_WAY})
    UNION ALL
    ${added((column) => `logged.${column}`, -1)}
    FROM entry CROSS JOIN ${LOGGED} WHERE ${GIVES_WAY}
  ) WHERE true GROUP BY hour, ${columns}
  ON CONFLICT ${ADD_TO_SUMS}`;
}

const ADD_HOURLY = [USAGE_HOURLY, CLIENT_HOURLY].map(addHourly);

/** Notes when each account answered last, to the hour: that is near enough, and a row that stays as it is costs nothing. */
const NOTE_ANSWERS = `${entriesIn("?1", ["account_id", "time", "outcome"])} INSERT INTO account_answers (account_id, answered_at)
  SELECT account_id, max(time) FROM entry
  WHERE account_id IS NOT NULL AND outcome = 'completed' GROUP BY account_id
  ON CONFLICT DO UPDATE SET answered_at = excluded.answered_at WHERE excluded.answered_at >= answered_at + 3600000`;

/** The most characters of JSON in one write. D1 takes 2 MB in a parameter, and a character may have three bytes. */
const WRITE_CHARACTERS = 500_000;

/** The entries in groups that D1 can take at once. */
export function writable(entries: readonly Entry[]): Entry[][] {
  const groups: Entry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const { length } = JSON.stringify(entry);
    if (length > room || groups.length === 0) {
      groups.push([]);
      room = WRITE_CHARACTERS;
    }
    groups.at(-1)?.push(entry);
    room -= length;
  }
  return groups;
}

/**
 * Writes entries of one key, among which no request is twice, and in the same transaction the statements `along`. Returns how many
 * rows that has written. Throws if D1 did not take them.
 */
export async function writeLedger(
  db: D1Database,
  keyId: string,
  entries: readonly Entry[],
  along: readonly D1PreparedStatement[] = [],
): Promise<number> {
  if (entries.length === 0) return 0;
  const json = JSON.stringify(entries);
  // The sums come first: they leave out what the log has already.
  const booking = [
    ...ADD_HOURLY.map((add) => db.prepare(add).bind(keyId, json)),
    db.prepare(INSERT_REQUESTS).bind(keyId, json),
    db.prepare(NOTE_ANSWERS).bind(json),
  ];
  return rowsWritten(await db.batch([...booking, ...along]));
}

/** How many rows were written, as D1 bills them. */
export function rowsWritten(results: readonly D1Result[]): number {
  return results.reduce((sum, { meta }) => sum + (meta.rows_written ?? 0), 0);
}

/** Whether D1 takes writes at all; tried by a write that changes nothing. */
export async function takesWrites(db: D1Database): Promise<boolean> {
  try {
    await db.batch([db.prepare("UPDATE settings SET value = value WHERE name = 'snapshot_version'")]);
    return true;
  } catch {
    return false;
  }
}
