/** Lists that the API keeps short, because one is always read whole. A backup must not make them longer. */
import type { PartName } from "../../backup/parts.ts";
import type { GivenRows } from "../../backup/write.ts";
import { LEGACY_KEYS_MAX } from "../../store/legacy-keys.ts";
import { MOST_CHANNELS } from "../alerts/schema.ts";
import { MAX_ALIASES } from "../aliases/schema.ts";
import { MAX_MEMBERS } from "../groups/schema.ts";

interface Room {
  most: number;
  /** What is unique among them. */
  by: string;
  /** Which of the rows count. */
  where: string;
  isOne: (of: (column: string) => unknown) => boolean;
}

const ROOM: Partial<Record<PartName, Room>> = {
  alert_channels: { most: MOST_CHANNELS, by: "id", where: "true", isOne: () => true },
  model_aliases: { most: MAX_ALIASES, by: "name", where: "true", isOne: () => true },
  api_keys: {
    most: LEGACY_KEYS_MAX,
    by: "id",
    where: "imported_from <> ''",
    isOne: (of) => Boolean(of("imported_from")),
  },
};

/** Why the rows do not fit in addition to the existing ones, in words; null if they fit. */
export async function roomProblem({ DB }: Env, { part, columns, rows }: GivenRows): Promise<string | null> {
  if (part === "group_members") return membersProblem(DB, columns, rows);
  const room = ROOM[part];
  if (!room) return null;
  const { most, by, where, isOne } = room;
  const ofRow = (row: GivenRows["rows"][number]) => (column: string) => row[columns.indexOf(column)];
  const given = rows.map(ofRow).flatMap((of) => (isOne(of) ? [of(by)] : []));
  if (given.length === 0) return null;
  const all = await DB.prepare(
    `SELECT count(*) AS n FROM (SELECT ${by} FROM ${part} WHERE ${where} UNION SELECT value FROM json_each(?1))`,
  )
    .bind(JSON.stringify(given))
    .first<number>("n");
  return (all ?? 0) > most ? `${part}: with those that are here they would be ${all}, and ${most} are the most` : null;
}

async function membersProblem(DB: D1Database, columns: string[], rows: GivenRows["rows"]): Promise<string | null> {
  const [group, account] = [columns.indexOf("group_id"), columns.indexOf("account_id")];
  const full = await DB.prepare(
    `WITH given AS (SELECT value ->> ?2 AS group_id, value ->> ?3 AS account_id FROM json_each(?1))
     SELECT group_id FROM (
       SELECT group_id, account_id FROM group_members WHERE group_id IN (SELECT group_id FROM given)
       UNION SELECT group_id, account_id FROM given) GROUP BY group_id HAVING count(*) > ?4 LIMIT 1`,
  )
    .bind(JSON.stringify(rows), group, account, MAX_MEMBERS)
    .first<string>("group_id");
  return full === null ? null : `group_members: ${full} would have more than ${MAX_MEMBERS} accounts`;
}
