/** The uploaded Worker itself behind the fake edge: its own bundle in real workerd, with the database that the fake D1 API migrates. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import type { Database, Version } from "./account.ts";
import type { Serve } from "./edge.ts";

export interface RealWorker {
  serve: Serve;
  createDatabase(name: string): Database;
  close(): Promise<void>;
}

export async function realWorker(root: string): Promise<RealWorker> {
  const persist = mkdtempSync(join(tmpdir(), "edge-relay-fake-edge-"));
  const base = { defaultPersistRoot: persist, d1Persist: join(persist, "d1"), d1Databases: { DB: "DB" } };
  const empty = {
    modules: true as const,
    script: "export default { fetch: () => new Response(null, { status: 404 }) }",
  };
  const miniflare = new Miniflare(convertV4MiniflareOptions({ ...base, ...empty }));
  let running = "";
  return {
    async serve(version, request) {
      if (running !== version.id) {
        await miniflare.setOptions(convertV4MiniflareOptions({ ...base, ...optionsOf(root, version) }));
        running = version.id;
      }
      const { method } = request;
      const body = method === "GET" ? undefined : await request.arrayBuffer();
      const answer = await miniflare.dispatchFetch(request.url, {
        method,
        redirect: "manual",
        headers: Object.fromEntries(request.headers),
        ...(body && { body }),
      });
      return new Response(await answer.arrayBuffer(), {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
      });
    },
    createDatabase: (name) => ({
      uuid: crypto.randomUUID(),
      name,
      async query(sql, params) {
        const db = await miniflare.getD1Database("DB");
        const statements = unstable_splitSqlQuery(sql).map((statement) => db.prepare(statement).bind(...params));
        return (await db.batch<Record<string, unknown>>(statements)).map(({ results }) => results);
      },
    }),
    async close() {
      await miniflare.dispose();
      rmSync(persist, { recursive: true, force: true });
    },
  };
}

function optionsOf(root: string, version: Version) {
  const config = unstable_readConfig({ config: join(root, "wrangler.toml") }, { hideWarnings: true });
  const {
    assets: _assets,
    modulesRules: _rules,
    versionMetadata: _own,
    ...options
  } = unstable_getMiniflareWorkerOptions(config).workerOptions;
  const texts = version.bindings.flatMap(({ name, text }) => (text === undefined ? [] : [[name, text]]));
  return {
    ...options,
    // Otherwise Miniflare would make up an id of its own.
    bindings: {
      ...Object.fromEntries(texts),
      VERSION: { id: version.id, tag: "", timestamp: version.metadata.created_on },
    },
    d1Databases: { DB: "DB" },
    compatibilityDate: version.compatibility_date,
    compatibilityFlags: version.compatibility_flags,
    modules: [{ type: "ESModule" as const, path: "worker.js", contents: version.code }],
  };
}
