/** What every page says while a part of the relay does not work, in English. */
export const outage = {
  usedUp: {
    d1: (until: string) =>
      `D1 has used up today’s allowance. Requests are served and nothing is lost; figures stand still and nothing can be changed until ${until}.`,
    objects: (until: string) => `Durable Objects have used up today’s allowance: requests are refused until ${until}.`,
  },
  failed: (parts: string) => `Something has failed: ${parts}.`,
  more: "What is wrong",
  parts: {
    secrets: "the relay’s secrets",
    d1_reads: "reading D1",
    d1_writes: "writing to D1",
    kv: "KV",
    gates: "the keys’ gates",
    vault: "opening credentials",
    accounts: "the accounts",
    prices: "the price feed",
    cron: "the cron",
    backup: "the scheduled backup",
  },
};
