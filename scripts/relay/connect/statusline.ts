/**
 * One line about a key for the status line of Claude Code: what it has spent, and how much of its limits is used. Claude Code asks after
 * every message and waits for the answer. So the relay is asked at most every ten seconds, for at most a second and a half. If it does not
 * answer, the line shows what was known, or nothing, but never an error.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { array, object, parse, text } from "../../../src/ground/json.ts";
import type { System } from "../system.ts";
import { printable } from "../table.ts";
import { claude } from "./clients/claude.ts";
import { readContent, replaceFile } from "./files.ts";
import { parseDocument, valueAt } from "./formats/json-document.ts";
import { pathOf } from "./places.ts";
import { type Figures, lineOf, type Session } from "./statusline-text.ts";

const FRESH_MS = 10_000;
/** After a failure the relay is left alone for longer. */
const FRESH_FAILURE_MS = 30_000;
/** Older figures are worthless. */
const WORTH_SHOWING_MS = 3_600_000;
const PATIENCE_MS = 1_500;

export type Surroundings = Pick<System, "env" | "platform" | "home" | "now">;

/** `input`: what Claude Code writes to the command's stdin. Without a line end; empty if there is nothing to show. */
export async function statusLine(system: Surroundings, input: string): Promise<string> {
  const session = sessionIn(input);
  const access = accessOf(system);
  const known = access ? await figuresOf(system, access) : null;
  return lineOf(session, known, system.now(), colours(system));
}

interface Access {
  origin: string;
  key: string;
}

/** Claude Code passes on its own environment, including that of its settings file. Otherwise that file is read. */
function accessOf(system: Surroundings): Access | null {
  const { env } = system;
  const inFile = env.ANTHROPIC_BASE_URL && keyIn(env) ? {} : settingsEnvironment(system);
  const url = URL.parse(env.ANTHROPIC_BASE_URL ?? inFile.ANTHROPIC_BASE_URL ?? "");
  const key = keyIn(env) ?? keyIn(inFile);
  return url && key ? { origin: url.origin, key } : null;
}

function keyIn(env: Record<string, string | undefined>): string | undefined {
  const { EDGE_RELAY_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY } = env;
  return [EDGE_RELAY_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY].find((key) => key?.startsWith("cr_"));
}

function settingsEnvironment(system: Surroundings): Record<string, string | undefined> {
  const [file] = claude.connects?.files({ origin: "", key: { from: "file", key: "" }, model: null }) ?? [];
  const content = file && readContent(pathOf(system, file));
  if (!content?.ok || !content.value) return {};
  const parsed = parseDocument(content.value.text);
  const settings = parsed.ok && parsed.value ? object(valueAt(content.value.text, parsed.value)) : null;
  const entries = Object.entries(object(settings?.env) ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, text(value) ?? undefined]));
}

interface Kept {
  /** When the relay was asked; below, when it last answered. */
  askedAt: number;
  answeredAt: number;
  figures: Figures | null;
}

async function figuresOf(system: Surroundings, access: Access): Promise<Figures | null> {
  const path = cachePath(system, access);
  const kept = keptIn(path);
  const now = system.now();
  const fresh = kept && now - kept.askedAt < (kept.askedAt === kept.answeredAt ? FRESH_MS : FRESH_FAILURE_MS);
  if (!fresh) {
    const asked = await ask(access);
    const next: Kept = asked
      ? { askedAt: now, answeredAt: now, figures: asked }
      : { askedAt: now, answeredAt: kept?.answeredAt ?? 0, figures: kept?.figures ?? null };
    // If the line could not be stored, it is asked for again.
    replaceFile(path, JSON.stringify(next), null);
    return showable(next, now);
  }
  return showable(kept, now);
}

function showable({ answeredAt, figures }: Kept, now: number): Figures | null {
  return now - answeredAt < WORTH_SHOWING_MS ? figures : null;
}

async function ask({ origin, key }: Access): Promise<Figures | null> {
  try {
    const response = await fetch(`${origin}/api/usage/quota`, {
      headers: { authorization: `Bearer ${key}` },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const body = await response.text();
    return response.ok ? figuresIn(parse(body)) : null;
  } catch {
    return null;
  }
}

function keptIn(path: string): Kept | null {
  const content = readContent(path);
  const kept = content.ok && content.value ? object(parse(content.value.text)) : null;
  if (!kept || typeof kept.askedAt !== "number" || typeof kept.answeredAt !== "number") return null;
  return { askedAt: kept.askedAt, answeredAt: kept.answeredAt, figures: figuresIn(kept.figures) };
}

/** The members of `GET /api/usage/quota` that the line shows. */
function figuresIn(value: unknown): Figures | null {
  const quota = object(value);
  const [state, today, week] = [text(quota?.state), text(quota?.today_cost_usd), text(quota?.week_cost_usd)];
  if (state === null || today === null || week === null) return null;
  const limits = array(quota?.limits).flatMap((each) => {
    const limit = object(each);
    const name = text(limit?.name);
    if (name === null) return [];
    return [{ name, limit: String(limit?.limit), used: String(limit?.used), resets_at: text(limit?.resets_at) }];
  });
  return { state, today_cost_usd: today, week_cost_usd: week, limits };
}

/** The key itself is not part of the name. */
function cachePath({ env, platform, home }: Surroundings, { origin, key }: Access): string {
  const own = { win32: env.LOCALAPPDATA, darwin: join(home, "Library", "Caches") }[platform as string];
  const directory = env.XDG_CACHE_HOME || own || join(home, ".cache");
  const name = createHash("sha256").update(`${origin}\n${key}`).digest("hex").slice(0, 16);
  return join(directory, "edge-relay", `status-line-${name}.json`);
}

/** An upstream may have chosen a model's name. */
function sessionIn(input: string): Session {
  const session = object(parse(input));
  const model = text(object(session?.model)?.display_name);
  return { model: model && printable(model).replaceAll("\n", " ") };
}

/** Claude Code shows colours although the output is no terminal. */
function colours({ env }: Surroundings): boolean {
  return !env.NO_COLOR;
}
