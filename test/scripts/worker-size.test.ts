/** What is uploaded of the Worker: Cloudflare reads and compiles all of it before an isolate's first request. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { build } from "../../scripts/built-worker.ts";

/** Of which zod, drizzle, hono and jose are a fifth; Cloudflare takes 3 MB compressed on the free plan. */
const RAW_BYTES = 1_150_000;
const GZIP_BYTES = 375_000;

const scratch = mkdtempSync(join(tmpdir(), "edge-relay-size-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test("the Worker that is uploaded is under 1.15 MB, and under 375 kB compressed", { timeout: 180_000 }, async () => {
  const root = join(import.meta.dirname, "../..");
  const out = await build({ root, scratch }, "relay", "src/worker.ts");
  const worker = readFileSync(join(out, "worker.js"));
  expect(worker.length).toBeLessThan(RAW_BYTES);
  expect(gzipSync(worker).length).toBeLessThan(GZIP_BYTES);
  // `import { z }` brings every language that zod speaks, 260 kB; `import * as z` what is used.
  expect(worker.includes("Nieprawidłow") || worker.includes("Nieprawid\\u0142ow")).toBe(false);
});
