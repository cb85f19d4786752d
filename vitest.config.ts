import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { LONG_TESTS, WITHOUT_LONG } from "./scripts/long-tests.ts";
import { atHome } from "./test/at-home.ts";

// wrangler.toml names the built console as assets; the tests do not need it, but wrangler wants the directory.
mkdirSync("dist/console", { recursive: true });

const migrations = await readD1Migrations("migrations");

/** No test measures speed: these end what hangs, on a machine however busy. */
const PATIENT = { testTimeout: 120_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } };

/** What waits most or works longest is begun first, so that no core is idle at the end; a new clone knows no times yet. */
const LONGEST = ["test/scripts/start/start.test.ts", "test/chaos/chaos.test.ts"];

const LEFT_OUT = process.env[WITHOUT_LONG] === "1" ? LONG_TESTS : [];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((path) => moduleId.endsWith(path));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/**
 * Three rooms: what runs in the Worker is tested in real workerd, scripts, the console's logic and what is held in memory in Node, and the
 * relay as a whole through its front door: a built Worker behind a real socket, so that hang-ups are real ones.
 */
export default defineConfig({
  test: {
    // One more than there are cores, since they wait too: each costs five seconds of CPU before its first test, and the tests at
    // the front door run beside these (scripts/test.ts).
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              // What the runner and its Workers tell each other stays on this machine: packing it took a tenth of the time.
              compatibilityFlags: ["no_web_socket_compression"],
              serviceBindings: { HOME: atHome },
              r2Buckets: ["BACKUPS"],
              bindings: {
                TEST_MIGRATIONS: migrations,
                ADMIN_PASSWORD: "test-password",
                JWT_SECRET: "test-jwt-secret-0123456789abcdef0123456789abcdef",
                ENCRYPTION_KEY: "test-encryption-key-0123456789abcdef0123456789",
                KEY_SECRET: "test-key-secret-0123456789abcdef0123456789abcdef",
                ALLOW_PRIVATE_UPSTREAMS: "1",
                OAUTH_GOOGLE_CLIENT_ID: "google-client.apps.googleusercontent.com",
                OAUTH_GOOGLE_CLIENT_SECRET: "google-client-secret",
                OAUTH_ANTIGRAVITY_CLIENT_ID: "antigravity-client.apps.googleusercontent.com",
                OAUTH_ANTIGRAVITY_CLIENT_SECRET: "antigravity-client-secret",
                EGRESS_BINDINGS: "HOME, UNBOUND",
                // How many requests the chaos runs ask, how many renewals, and from which seed they strike.
                CHAOS_REQUESTS: process.env.CHAOS_REQUESTS ?? "1000",
                CHAOS_CYCLES: process.env.CHAOS_CYCLES ?? "200",
                CHAOS_SEED: process.env.CHAOS_SEED ?? "20261126",
                // Which cases the generated tests try (test/fast-check.ts).
                ...(process.env.FUZZ_SEED && { FUZZ_SEED: process.env.FUZZ_SEED }),
              },
            },
          }),
        ],
        test: {
          name: "worker",
          include: ["test/**/*.test.ts"],
          exclude: ["test/front/**", "test/scripts/**", "test/admin-console/**", "test/memory/**", ...LEFT_OUT],
          setupFiles: ["test/setup.ts"],
          // `test/setup.ts` says what is forgotten between files instead.
          isolate: false,
          ...PATIENT,
        },
      },
      {
        // The list of the admin API's routes is read in Node, which has no such module and runs none of them.
        resolve: {
          alias: { "cloudflare:workers": fileURLToPath(new URL("test/scripts/workers.ts", import.meta.url)) },
        },
        test: {
          name: "node",
          include: ["test/scripts/**/*.test.ts", "test/admin-console/**/*.test.ts", "test/memory/**/*.test.ts"],
          exclude: [...LEFT_OUT],
          isolate: false,
          ...PATIENT,
        },
      },
      {
        test: {
          name: "front",
          include: ["test/front/**/*.test.ts"],
          exclude: [...LEFT_OUT],
          globalSetup: ["test/front/shared-relays.ts"],
          // The files of a process share no state but its relay; they wait for sockets much of their time.
          isolate: false,
          ...PATIENT,
          maxWorkers: 2,
          // In a run of all three these come after the others.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
