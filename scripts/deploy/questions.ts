/** The questions of a first deployment: each is asked once, unless a flag, a variable or the account already answers it. */
import { type Answers, faultIn, withNew } from "./answers.ts";
import type { Ask } from "./ask.ts";
import { domainIn, type RawConfig } from "./config.ts";
import type { Found } from "./look.ts";

/** Completes the answers from the account, and asks for the rest. */
export async function complete(answers: Answers, raw: RawConfig, found: Found, ask: Ask): Promise<Answers> {
  const bound = (name: string) => found.bindings.find((binding) => binding.name === name);
  // A new domain replaces the workers.dev address. Otherwise that stays as open or closed as it is.
  const newDomain = answers.domain && !found.domains.includes(answers.domain);
  const there: Answers = {
    ...given("domain", domainIn(raw) ?? found.domains[0]),
    ...given("placement", found.placement),
    ...given("backupBucket", bound("BACKUPS")?.bucket_name),
    ...given("email", bound("ALERT_EMAIL") && true),
    ...given("workersDev", newDomain ? null : found.workersDev),
  };
  const known = withNew(there, answers);
  if (found.serving !== null) return known;
  const { domain, placement } = known;
  const wrong = (name: "domain" | "placement") => (text: string) => faultIn({ [name]: text }, []);
  const orNull = (text: string) => (text === "" || text === "none" ? null : text);
  return {
    ...known,
    domain:
      domain === undefined
        ? orNull(await ask.text("A domain of your own, such as relay.example.com (Enter: none)", "", wrong("domain")))
        : domain,
    placement:
      placement === undefined
        ? orNull(
            await ask.text(
              "Where it is to run, such as aws:us-east-1 (Enter: near whoever asks)",
              "",
              wrong("placement"),
            ),
          )
        : placement,
  };
}

function given<Name extends keyof Answers>(name: Name, value: Answers[Name] | null | undefined): Answers {
  return value === undefined || value === null ? {} : { [name]: value };
}

/** A possible subdomain of workers.dev, made from the account's name. */
export function subdomainFrom(accountName: string): string {
  const name = accountName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50)
    .replace(/-+$/, "");
  return name || "edge-relay";
}
