/**
 * The addresses of the Worker. Without a terminal, wrangler takes a host name away from whatever has it, even another Worker's domain or
 * DNS records. So Cloudflare is asked first what taking it would do.
 */
import type { Result } from "../../src/vocabulary.ts";
import { explained } from "./faults.ts";
import { type Run, writeConfig } from "./run.ts";

export async function takeDomain(run: Run): Promise<Result<null, string>> {
  const { answers, found, options, wrangler } = run;
  const domain = answers.domain ?? null;
  if (domain !== null && !found.domains.includes(domain) && !options.replaceDns) {
    const change = await found.api.domainChange(answers.name, domain);
    if (!change.ok) return { ok: false, refusal: explained(`Looking at ${domain}`, change.refusal) };
    const other = change.value.updated.find(({ service }) => service !== answers.name);
    if (other) return { ok: false, refusal: inTheWay(domain, `It is the domain of the Worker ${other.service}.`) };
    if (change.value.conflicting.length > 0) {
      return { ok: false, refusal: inTheWay(domain, "There is a DNS record of that name already.") };
    }
  }
  const set = await wrangler.run("triggers", "deploy", ...writeConfig(run, domain));
  if (set.ok) return { ok: true, value: null };
  const zone = domain === null ? "" : `\n${domain} has to be in a zone of the same Cloudflare account.`;
  return { ok: false, refusal: explained("Setting the addresses and the cron", set.refusal) + zone };
}

const inTheWay = (domain: string, what: string) =>
  `${domain} is taken: ${what} Everything else is deployed. To let it give way: npm run deploy -- --replace-dns`;

/** The domain that the Worker has already. The deployment may name it, because nothing prevents that. */
export function attached({ answers: { domain }, found }: Run): string | null {
  return domain && found.domains.includes(domain) ? domain : null;
}
