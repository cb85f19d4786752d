/** What the console says of settings, in English. */
export const settings = {
  title: "Settings",
  strategy: "Which account serves",
  strategyWhat: "For keys that are bound to no group. A group has a strategy of its own.",
  strategyOf: "Strategy",
  strategies: {
    priority: "Priority: the lowest number first",
    "round-robin": "Round robin: in turn",
    random: "Random",
    weighted: "Weighted: by the accounts’ weights",
    failover: "Failover: strictly one after the other",
  },
  look: "This console",
  seals: "Sealed values",
  sealsWhat:
    "Credentials and keys are encrypted under ENCRYPTION_KEY. After a new key was put in front of it, seal them anew.",
  seal: "Seal anew",
  sealing: "Sealing…",
  sealed: {
    newest: (count: string) => `${count} under the newest key`,
    older: (count: string) => `${count} under an older key`,
    unknown: (count: string) => `${count} that no key opens`,
  },
  resealed: (count: string) => `${count} sealed anew`,
  notResealed: (count: string) => `${count} stay as they are`,
};
