/** Which steps a deployment takes, and how each is described before it is done, or instead of it (`--dry-run`). Pure. */
import type { Answers } from "./answers.ts";
import type { Found } from "./look.ts";
import type { SecretPlan } from "./secrets.ts";

export type StepName =
  | "subdomain"
  | "database"
  | "namespace"
  | "copy"
  | "build"
  | "bookmark"
  | "upload"
  | "migrate"
  | "publish"
  | "switch"
  | "triggers"
  | "verify";

export interface Step {
  name: StepName;
  says: string;
}

export interface Situation {
  found: Pick<Found, "serving" | "subdomain" | "database" | "kv" | "domains">;
  answers: Answers & { name: string };
  secrets: SecretPlan;
  /** Where the copy of the secrets goes; null: no copy is wanted, or nothing is new. */
  copy: string | null;
  databaseName: string;
  namespaceTitle: string;
  /** The subdomain of workers.dev that is taken, if the account has none and wants one. */
  subdomain: string;
  origin: string;
}

export function planSteps({
  found,
  answers,
  secrets,
  copy,
  databaseName,
  namespaceTitle,
  subdomain,
  origin,
}: Situation): Step[] {
  const first = found.serving === null;
  const names = Object.keys(secrets.missing);
  const wantsWorkersDev = answers.workersDev ?? !answers.domain;
  const step = (wanted: boolean, name: StepName, says: string): Step[] => (wanted ? [{ name, says }] : []);
  const withSecrets = names.length > 0 ? `, with the secrets ${names.join(", ")}` : "";
  const newDomain = answers.domain && !found.domains.includes(answers.domain);
  return [
    ...step(wantsWorkersDev && found.subdomain === null, "subdomain", `Take ${subdomain}.workers.dev for the account`),
    ...step(found.database === null, "database", `Create the D1 database ${databaseName}`),
    ...step(found.kv === null, "namespace", `Create the KV namespace ${namespaceTitle}`),
    ...step(copy !== null, "copy", `Save a copy of the new secrets in ${copy}`),
    ...step(true, "build", "Build the console"),
    ...step(!first, "bookmark", "Note the database's Time Travel bookmark"),
    ...step(!first, "upload", `Upload the new version of ${answers.name}, which serves nobody yet${withSecrets}`),
    ...step(true, "migrate", "Migrate the database"),
    ...step(first, "publish", `Deploy ${answers.name}${withSecrets}`),
    ...step(
      !first,
      "switch",
      "Give the new version 10 % of the requests, look at it from outside, then give it all, or go back",
    ),
    ...step(!first || Boolean(newDomain), "triggers", triggersSay(answers, Boolean(newDomain))),
    ...step(true, "verify", `Look at ${origin} from outside: health, a false key, a sign-in`),
  ];
}

function triggersSay({ domain }: Answers, isNew: boolean): string {
  if (!domain) return "Set the cron and the address";
  return isNew ? `Take the domain ${domain}, and set the cron` : `Set the cron and the domain ${domain}`;
}
