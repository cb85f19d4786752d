/** D1, KV and R2: finding, creating, and asking a database. */
import type { ApiRequest, Route } from "./cloudflare.ts";
import { type Answer, failure, success } from "./envelope.ts";

const json = ({ body }: ApiRequest) => JSON.parse(body.toString()) as Record<string, unknown>;
/** One page of a list; wrangler asks for the next until it gets an empty one. */
function paged({ query }: ApiRequest, items: unknown[]): Answer {
  const page = Number(query.get("page") ?? 1);
  const size = Number(query.get("per_page") ?? 20);
  return success(items.slice((page - 1) * size, page * size), { page, per_page: size, total_count: items.length });
}

const databaseOf = ({ account, parts }: ApiRequest) =>
  account.databases.find(({ uuid, name }) => uuid === parts[0] || name === parts[0]);
const noDatabase = () => failure(404, 7404, "The database could not be found");

function createDatabase(request: ApiRequest): Answer {
  const name = String(json(request).name);
  if (request.account.databases.some((database) => database.name === name)) {
    return failure(400, 7502, `Database with name '${name}' already exists`);
  }
  const database = request.account.createDatabase(name);
  request.account.databases.push(database);
  return success({ uuid: database.uuid, name, version: "production", num_tables: 0 });
}

async function queryDatabase(request: ApiRequest): Promise<Answer> {
  const { sql, params = [] } = json(request) as { sql: string; params?: unknown[] };
  const database = databaseOf(request);
  if (!database) return noDatabase();
  const meta = { duration: 0.1, changes: 0, last_row_id: 0, rows_read: 0, rows_written: 0, size_after: 4096 };
  try {
    const results = await database.query(sql, params);
    return success(results.map((rows) => ({ results: rows, success: true, meta })));
  } catch (error) {
    return failure(400, 7500, `${error instanceof Error ? error.message : error}: SQLITE_ERROR`);
  }
}

function createNamespace(request: ApiRequest): Answer {
  const title = String(json(request).title);
  if (request.account.namespaces.some((namespace) => namespace.title === title)) {
    return failure(400, 10014, "create namespace: 'a namespace with this account ID and title already exists'");
  }
  const namespace = { id: crypto.randomUUID().replaceAll("-", ""), title };
  request.account.namespaces.push(namespace);
  return success({ ...namespace, supports_url_encoding: true });
}

export const STORAGE_ROUTES: readonly Route[] = [
  [
    "GET",
    /^\/d1\/database$/,
    (request) =>
      paged(
        request,
        request.account.databases.map(({ uuid, name }) => ({ uuid, name, version: "production" })),
      ),
  ],
  ["POST", /^\/d1\/database$/, createDatabase],
  [
    "GET",
    /^\/d1\/database\/([^/]+)$/,
    (request) => {
      const database = databaseOf(request);
      return database ? success({ uuid: database.uuid, name: database.name, version: "production" }) : noDatabase();
    },
  ],
  ["POST", /^\/d1\/database\/([^/]+)\/query$/, queryDatabase],
  [
    "GET",
    /^\/d1\/database\/([^/]+)\/time_travel\/bookmark$/,
    (request) =>
      databaseOf(request)
        ? success({ bookmark: "00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683" })
        : noDatabase(),
  ],
  [
    "POST",
    /^\/d1\/database\/([^/]+)\/time_travel\/restore$/,
    (request) => {
      if (!databaseOf(request)) return noDatabase();
      const bookmark = request.query.get("bookmark");
      return success({
        bookmark,
        previous_bookmark: "00000086-00000000-00004c6d-0",
        message: `Restored to ${bookmark}`,
      });
    },
  ],
  ["GET", /^\/storage\/kv\/namespaces$/, (request) => paged(request, request.account.namespaces)],
  ["POST", /^\/storage\/kv\/namespaces$/, createNamespace],
  [
    "GET",
    /^\/r2\/buckets\/([^/]+)$/,
    ({ account, parts }) =>
      account.buckets.includes(parts[0] ?? "")
        ? success({ name: parts[0] })
        : failure(404, 10006, "The specified bucket does not exist."),
  ],
  ["GET", /^\/r2\/buckets$/, ({ account }) => success({ buckets: account.buckets.map((name) => ({ name })) })],
  [
    "POST",
    /^\/r2\/buckets$/,
    (request) => {
      request.account.buckets.push(String(json(request).name));
      return success({ name: json(request).name });
    },
  ],
];
