/** What `npm test` leaves to `npm run test:long`: deployments and starts, each step of which is a process of wrangler's. */
export const LONG_TESTS: readonly string[] = [
  "test/scripts/deploy/first-deploy.test.ts",
  "test/scripts/deploy/upgrade.test.ts",
  "test/scripts/start/start.test.ts",
];

/** The variable that leaves them out, where it is "1". */
export const WITHOUT_LONG = "EDGE_RELAY_TESTS_WITHOUT_LONG";
