/** The environment in which wrangler, as a child or in this process, reports nothing home, asks nothing, and writes no unused files. */
export const QUIET_WRANGLER = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
  WRANGLER_WRITE_LOGS: "false",
  FORCE_COLOR: "0",
} as const;

/** For a Worker on this machine. Otherwise wrangler asks workers.cloudflare.com at every start where it is. */
export const WITHOUT_LOOKUPS = { CLOUDFLARE_CF_FETCH_ENABLED: "false" } as const;
