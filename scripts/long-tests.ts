/** What `npm test` leaves to `npm run test:long`: deployments and starts, each step of which starts a process of wrangler. */
export const LONG_TESTS: readonly string[] = [
  "test/scripts/deploy/first-deploy.test.ts",
  "test/scripts/deploy/upgrade.test.ts",
  "test/scripts/start/start.test.ts",
];

/** If this variable is "1", they are left out. */
export const WITHOUT_LONG = "EDGE_RELAY_TESTS_WITHOUT_LONG";
