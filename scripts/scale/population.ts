/**
 * What exists before the first request: accounts in groups and in every state, keys with limits, templates, aliases, and the audit trail of
 * how all that was made. The state of keys follows from their traffic (traffic.ts).
 */
import type { DatabaseSync } from "node:sqlite";
import { DAY_MS, HOUR_MS } from "../../src/ground/durations.ts";
import { firstIdAt } from "../../src/ground/record-id.ts";
import { apiKeyId, makeApiKey } from "../../src/keys/api-key.ts";
import { OPEN_POLICY } from "../../src/keys/policy.ts";
import { type AccountHealth, HEALTHY } from "../../src/pool/health.ts";
import { kindOf } from "../../src/providers/kinds.ts";
import * as tables from "../../src/store/schema.ts";
import { apiKeyPlace, credentialPlace } from "../../src/vault/places.ts";
import { seal } from "../../src/vault/seal.ts";
import type { Platform } from "../../src/vocabulary.ts";
import type { Chance } from "./random.ts";
import { writerOf } from "./writer.ts";

export interface Size {
  keys: number;
  accounts: number;
  requests: number;
}

export interface Secrets {
  ENCRYPTION_KEY: string;
  KEY_SECRET: string;
}

export interface Member {
  id: string;
  platform: Platform;
}

export interface Population {
  accounts: Member[];
  keyIds: string[];
  /** The text of the first key, which is used most. */
  firstKey: string;
}

const PLATFORMS: readonly Platform[] = ["anthropic", "anthropic", "openai", "gemini"];
const TEAMS = ["platform", "search", "payments", "mobile", "data", "support", "research", "design"];
/** A smaller relay has fewer of each: one group for ten accounts, and one change of each key per season. */
const ACCOUNTS_PER_GROUP = 10;
const FEWEST_GROUPS = 4;
const TRAIL_PER_KEY = 4;
const TEMPLATES = 20;
const ALIASES = 30;
const USD = 1_000_000_000;

export async function populate(
  database: DatabaseSync,
  size: Size,
  secrets: Secrets,
  chance: Chance,
  now: number,
): Promise<Population> {
  const idAt = (prefix: string, time: number) => firstIdAt(prefix, time) + chance.hex(20);
  const groups = Math.max(FEWEST_GROUPS, Math.floor(size.accounts / ACCOUNTS_PER_GROUP));
  const groupIds = Array.from({ length: groups }, (_, at) => idAt("grp", now - (60 + at) * DAY_MS));
  const accounts = await writeAccounts(database, size.accounts, { groupIds, secrets, chance, now, idAt });
  const templateIds = writeTemplates(database, { chance, now, idAt });
  const { keyIds, firstKey } = await writeKeys(database, size.keys, { groupIds, templateIds, secrets, chance, now });
  writeAliases(database, { groupIds, now, idAt });
  writeTrail(database, { keyIds, accounts, chance, now, idAt });
  return { accounts, keyIds, firstKey };
}

interface Making {
  groupIds: string[];
  templateIds: string[];
  secrets: Secrets;
  chance: Chance;
  now: number;
  idAt: (prefix: string, time: number) => string;
}

async function writeAccounts(
  database: DatabaseSync,
  count: number,
  { groupIds, secrets, chance, now, idAt }: Pick<Making, "groupIds" | "secrets" | "chance" | "now" | "idAt">,
): Promise<Member[]> {
  const writeAccount = writerOf(database, tables.accounts);
  const writeCredential = writerOf(database, tables.credentials);
  const writeHealth = writerOf(database, tables.accountHealth);
  const writeGroup = writerOf(database, tables.accountGroups);
  const writeMember = writerOf(database, tables.groupMembers);
  for (const [at, id] of groupIds.entries()) {
    writeGroup({ id, name: `team ${at}`, strategy: "priority", createdAt: now - 60 * DAY_MS, updatedAt: now });
  }
  const made: Member[] = [];
  for (let at = 0; at < count; at++) {
    const platform = PLATFORMS[at % PLATFORMS.length] ?? "anthropic";
    const createdAt = now - (200 - (at % 150)) * DAY_MS;
    const id = idAt("acc", createdAt);
    const kind = kindOf(platform, "api-key");
    const baseUrl = kind?.baseUrl.official;
    if (!kind || !baseUrl) throw new Error(`${platform} has no API of its own`);
    writeAccount({
      ...{ id, name: `${chance.of(TEAMS)} ${platform} ${at}`, platform, kind: kind.name, baseUrl },
      ...{ priority: 50, weight: 1, schedulable: at % 40 !== 7, modelMapping: {}, extraHeaders: {} },
      ...{ maxConcurrency: at % 5 === 0 ? 20 : null, dailyQuotaNanos: at % 10 === 0 ? 200 * USD : null },
      ...{ note: "", createdAt, updatedAt: createdAt },
    });
    for (let position = 0; position < 1 + (at % 3); position++) {
      const place = credentialPlace({ id, kind, baseUrl }, position);
      const sealed = await seal(`sk-${chance.hex(32)}`, place, secrets.ENCRYPTION_KEY);
      writeCredential({ accountId: id, position, sealed, hint: chance.hex(4), fingerprint: chance.hex(12) });
    }
    writeMember({ groupId: groupIds[at % groupIds.length] ?? "", accountId: id });
    const health = healthOf(at, now);
    if (health) writeHealth({ accountId: id, health, updatedAt: now - HOUR_MS });
    made.push({ id, platform });
  }
  return made;
}

/** One account in ten is in cooldown, one in twenty has failed its check. */
function healthOf(at: number, now: number): AccountHealth | null {
  if (at % 10 === 3) {
    const lastError = { at: now - HOUR_MS / 2, status: 429, condition: "rate_limited" };
    return {
      ...HEALTHY,
      parked: { until: now + HOUR_MS, condition: "rate_limited", known: true, level: 0 },
      lastError,
    };
  }
  if (at % 20 !== 9) return null;
  const lastTest = { at: now - 3 * HOUR_MS, ok: false, condition: "key_refused" };
  return { ...HEALTHY, disabled: "key_refused", lastTest };
}

function writeTemplates(database: DatabaseSync, { chance, now, idAt }: Pick<Making, "chance" | "now" | "idAt">) {
  const write = writerOf(database, tables.templates);
  return Array.from({ length: TEMPLATES }, (_, at) => {
    const createdAt = now - (90 + at) * DAY_MS;
    const id = idAt("tpl", createdAt);
    const fields = { daily_cost_limit_usd: String(5 + at), concurrency_limit: 2 + chance.below(8) };
    write({ id, name: `tier ${at}`, description: `What team ${at} gets`, fields, createdAt, updatedAt: createdAt });
    return id;
  });
}

async function writeKeys(
  database: DatabaseSync,
  count: number,
  making: Pick<Making, "groupIds" | "templateIds" | "secrets" | "chance" | "now">,
): Promise<Pick<Population, "keyIds" | "firstKey">> {
  const { groupIds, templateIds, secrets, chance, now } = making;
  const write = writerOf(database, tables.apiKeys);
  const keyIds: string[] = [];
  let firstKey = "";
  for (let at = 0; at < count; at++) {
    const key = await makeApiKey(secrets.KEY_SECRET);
    const id = await apiKeyId(key);
    const createdAt = now - 180 * DAY_MS + Math.floor((at / count) * 179 * DAY_MS);
    const team = chance.of(TEAMS);
    const isGone = at % 25 === 24;
    write({
      ...{ id, name: `${team} developer ${at}`, description: "", owner: `${team}-${at % 400}@example.com` },
      tags: [team, ...(at % 3 === 0 ? ["ci"] : [])],
      policy: {
        ...OPEN_POLICY,
        enabled: at % 30 !== 13,
        boundGroupId: at % 4 === 0 ? (groupIds[at % groupIds.length] ?? null) : null,
        concurrency: at % 2 === 0 ? 4 : null,
        dailyCostNanos: at % 3 === 0 ? 20 * USD : null,
        totalCostNanos: at % 7 === 0 ? 500 * USD : null,
        ...(at % 5 === 0 && { windowMs: 5 * HOUR_MS, windowRequests: 2_000 }),
        expiresAt: at % 20 === 11 ? now - DAY_MS : null,
      },
      templateId: at % 4 === 1 ? (templateIds[at % TEMPLATES] ?? null) : null,
      sealed: await seal(key, apiKeyPlace(id), secrets.ENCRYPTION_KEY),
      ...{ hint: key.slice(-4), createdAt, updatedAt: createdAt, deletedAt: isGone ? now - DAY_MS : null },
    });
    keyIds.push(id);
    if (at === 0) firstKey = key;
  }
  return { keyIds, firstKey };
}

function writeAliases(database: DatabaseSync, { groupIds, now, idAt }: Pick<Making, "groupIds" | "now" | "idAt">) {
  const write = writerOf(database, tables.modelAliases);
  for (let at = 0; at < ALIASES; at++) {
    const group = groupIds[at % groupIds.length] ?? "";
    const targets = [{ model: "claude-sonnet-4-5", group }, { model: "gpt-5" }];
    const createdAt = now - (30 + at) * DAY_MS;
    write({ id: idAt("als", createdAt), name: `house-${at}`, targets, note: "", createdAt, updatedAt: createdAt });
  }
}

function writeTrail(
  database: DatabaseSync,
  { keyIds, accounts, chance, now, idAt }: Pick<Making, "chance" | "now" | "idAt"> & Omit<Population, "firstKey">,
): void {
  const write = writerOf(database, tables.audit);
  const length = keyIds.length * TRAIL_PER_KEY;
  for (let at = 0; at < length; at++) {
    const time = now - Math.floor((1 - at / length) * 180 * DAY_MS);
    const ofKey = chance.happens(0.9);
    write({
      ...{ id: idAt("aud", time), time, actor: "admin", session: "", identity: "", address: "192.0.2.1" },
      action: ofKey ? "api-key.update" : "account.update",
      target: ofKey ? chance.of(keyIds) : chance.of(accounts).id,
      ...{ detail: { name: `change ${at}` }, changes: { daily_cost_limit_usd: { old: "10", new: "20" } } },
    });
  }
}
