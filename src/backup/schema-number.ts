/** The number of the newest migration that the database has, as wrangler notes it; 0 where nobody has noted any. */
export async function schemaNumber(db: D1Database): Promise<number> {
  try {
    const name = await db.prepare("SELECT max(name) AS name FROM d1_migrations").first<string>("name");
    return Number.parseInt(name ?? "", 10) || 0;
  } catch {
    // A database that was not made by wrangler.
    return 0;
  }
}
