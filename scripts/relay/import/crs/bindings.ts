/**
 * Which accounts may serve a key. In claude-relay-service a key is bound for one service, and uses the shared accounts for the other
 * services; accounts that are not shared serve only the keys that are bound to them. Here a key is bound to one account or to one group,
 * for all services. So the accounts that may serve a key become a group. Pure.
 */
import * as z from "zod";
import type { Drafting, KeyBody, KeyDraft, Notes } from "../draft.ts";
import { nameOf } from "../draft.ts";
import { words } from "../shapes.ts";
import type { CrsData, Fields } from "./data.ts";

/** By kind. Those of ccr are chosen by a prefix of the model's name, before bindings count. */
const SERVICES: Record<string, string> = {
  ...{ claude: "claude", "claude-console": "claude", bedrock: "claude", ccr: "ccr" },
  ...{ gemini: "gemini", "gemini-api": "gemini" },
  ...{ openai: "openai", "openai-responses": "openai", "azure-openai": "openai" },
  droid: "droid",
};

const bound = z.object({
  claudeAccountId: words,
  claudeConsoleAccountId: words,
  bedrockAccountId: words,
  geminiAccountId: words,
  openaiAccountId: words,
  azureOpenaiAccountId: words,
  droidAccountId: words,
});

const FIELD_KINDS: Record<keyof z.output<typeof bound>, string> = {
  claudeAccountId: "claude",
  claudeConsoleAccountId: "claude-console",
  bedrockAccountId: "bedrock",
  geminiAccountId: "gemini",
  openaiAccountId: "openai",
  azureOpenaiAccountId: "azure-openai",
  droidAccountId: "droid",
};

/** Two of the fields have accounts of two kinds. */
const PREFIXES: Record<string, string> = { "api:": "gemini-api", "responses:": "openai-responses" };

interface Known {
  ref: string;
  name: string;
  service: string;
  shared: boolean;
}

/** What the accounts of an export say about who may use them. */
export class Bindings {
  readonly #drafting: Drafting;
  readonly #data: CrsData;
  readonly #known: Known[];
  /** By the refs of their members. */
  readonly #groups = new Map<string, string>();

  constructor(drafting: Drafting, data: CrsData) {
    this.#drafting = drafting;
    this.#data = data;
    const drafted = new Set(drafting.accounts.map(({ ref }) => ref));
    this.#known = data.accounts
      .map(({ kind, record }) => ({
        ref: refOf(kind, record.id),
        name: nameOf(record.name, kind),
        service: SERVICES[kind] ?? kind,
        shared: (words.parse(record.accountType) ?? "shared") === "shared",
      }))
      .filter(({ ref }) => drafted.has(ref));
    for (const { id, record, members } of data.groups) {
      const refs = this.#known.filter(({ ref }) => members.some((member) => ref.endsWith(` ${member}`)));
      if (refs.length > 0)
        this.#group(
          `${nameOf(record.name, "group")}`,
          refs.map(({ ref }) => ref),
          `group ${id}`,
        );
    }
  }

  /** The only account or group of a key; null: any account. Undefined: it cannot be told, and `notes` says why. */
  of(record: Fields, permissions: KeyBody["permissions"], notes: Notes): KeyDraft["bound"] | undefined {
    const targets: { service: string; members: string[]; name: string }[] = [];
    const fields = bound.parse(record);
    for (const [field, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      const target = this.#target(FIELD_KINDS[field as keyof typeof fields], value);
      if (!target) {
        notes.leftOut("", `is bound to a group that is not in this export (${field})`);
        return undefined;
      }
      targets.push(target);
    }
    if (targets.length === 0) return this.#unbound();
    const covered = new Set(targets.map(({ service }) => service));
    const others = this.#known.filter(
      ({ service, shared }) => shared && !covered.has(service) && mayUse(service, permissions),
    );
    const members = [...new Set([...targets.flatMap((target) => target.members), ...others.map(({ ref }) => ref)])];
    const [only, more] = members;
    if (only !== undefined && more === undefined) return { account: only };
    if (!this.#data.whole && others.length === 0) {
      notes.changed("bindings", "the accounts that it is bound to serve it alone, on every platform");
    }
    const name = targets.map((target) => target.name).join(" + ");
    return { group: this.#group(`${name}${others.length > 0 ? " + shared" : ""}`, members) };
  }

  /** If some accounts are not shared, the others have to be named. */
  #unbound(): KeyDraft["bound"] {
    const shared = this.#known.filter((account) => account.shared);
    if (shared.length === this.#known.length) return null;
    return {
      group: this.#group(
        "shared",
        shared.map(({ ref }) => ref),
      ),
    };
  }

  #target(kind: string, value: string): { service: string; members: string[]; name: string } | null {
    const service = SERVICES[kind] ?? kind;
    if (value.startsWith("group:")) {
      const ref = `group ${value.slice("group:".length)}`;
      const group = this.#drafting.groups.find((one) => one.ref === ref);
      return group ? { service, members: group.members, name: group.name } : null;
    }
    const [prefix, other] = Object.entries(PREFIXES).find(([begins]) => value.startsWith(begins)) ?? ["", kind];
    const ref = refOf(other, value.slice(prefix.length));
    const name = this.#known.find((account) => account.ref === ref)?.name ?? ref;
    return { service, members: [ref], name };
  }

  /** The group of these members, created if there is none yet. Names of groups are unique here. */
  #group(name: string, members: string[], ref = ""): string {
    const signature = [...members].sort().join("\n");
    const known = this.#groups.get(signature);
    if (known !== undefined && ref === "") return known;
    const { groups, source } = this.#drafting;
    const base = nameOf(`${source}: ${name}`, source).slice(0, 95).trim();
    const taken = groups.filter((group) => group.name === base || group.name.startsWith(`${base} (`)).length;
    const group = { ref: ref || `set ${base} ${taken}`, name: taken === 0 ? base : `${base} (${taken + 1})`, members };
    groups.push(group);
    this.#groups.set(signature, group.ref);
    return group.ref;
  }
}

/** The ref of an account in a draft. */
export function refOf(kind: string, id: unknown): string {
  return `${kind} ${String(id)}`;
}

const USES: Record<string, string> = {
  claude: "anthropic",
  ccr: "anthropic",
  gemini: "gemini",
  openai: "openai",
  droid: "droid",
};

function mayUse(service: string, permissions: KeyBody["permissions"]): boolean {
  return !permissions || permissions.length === 0 || permissions.some((platform) => platform === USES[service]);
}
