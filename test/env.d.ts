declare namespace Cloudflare {
  interface Env {
    /** The migrations, read by vitest.config.ts, for a database per test file. */
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
    CHAOS_REQUESTS: string;
    CHAOS_SEED: string;
    CHAOS_CYCLES: string;
  }
}
