/** What `npm test` leaves to `npm run test:long`: deployments, `npm start` and backups as a whole, and what strikes a relay while it works. */
export const LONG_TESTS: readonly string[] = [
  "test/scripts/deploy/first-deploy.test.ts",
  "test/scripts/deploy/upgrade.test.ts",
  "test/scripts/start/start.test.ts",
  "test/chaos/chaos.test.ts",
  "test/chaos/vault.test.ts",
  "test/front/backup.test.ts",
  "test/backup/crafted.test.ts",
  "test/backup/round-trip.test.ts",
  "test/jobs/scheduled-backup.test.ts",
];

/** The variable that leaves them out, where it is "1". */
export const WITHOUT_LONG = "EDGE_RELAY_TESTS_WITHOUT_LONG";
