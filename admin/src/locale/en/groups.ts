/** The console's words for groups, in English. */
export const groups = {
  title: "Groups",
  about: "A key that is bound to a group is served by its accounts alone. Keys without a group use all accounts.",
  add: "Create group",
  search: "Search names",
  emptyTitle: "No groups yet",
  empty: "Make a group to give some keys a pool of accounts of their own.",
  name: "Name",
  strategy: "Strategy",
  strategies: {
    priority: "Priority",
    "round-robin": "Round robin",
    random: "Random",
    weighted: "Weighted",
    failover: "Failover",
  },
  strategyHints: {
    priority: "Priority: the lowest number first",
    "round-robin": "Round robin: in turn",
    random: "Random",
    weighted: "Weighted: by the accounts’ weights",
    failover: "Failover: strictly one after the other",
  },
  members: "Accounts",
  membersHint: "An account may be in several groups.",
  noMembers: "None: every request is refused",
  wasDeleted: (name: string) => `${name} is deleted.`,
};
