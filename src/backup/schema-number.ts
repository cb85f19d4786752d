/** The number of the newest migration of the database, according to wrangler's own table; 0 if that table does not exist. */
export async function schemaNumber(db: D1Database): Promise<number> {
  try {
    const name = await db.prepare("SELECT max(name) AS name FROM d1_migrations").first<string>("name");
    return Number.parseInt(name ?? "", 10) || 0;
  } catch {
    // The database was not made by wrangler.
    return 0;
  }
}
