/**
 * A real Chromium at a running relay, watched. From the environment: CONSOLE_URL, ADMIN_USERNAME, ADMIN_PASSWORD; CHROMIUM is the browser
 * (default /usr/bin/chromium), SHOTS a directory for screenshots, UPSTREAM the base URL of the account that is added (default: a tiny one
 * of its own on loopback, which a deployed relay cannot reach).
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { Checks, expect } from "./checks.ts";
import { startUpstream } from "./upstream.ts";
import type { Walk } from "./walk.ts";
import { Watch } from "./watch.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PATIENCE_MS = 10_000;

/** Walks, reports the result, and sets the exit code. Any complaint of the browser on the way is a failure. */
export async function walkThrough(way: (walk: Walk) => Promise<void>): Promise<void> {
  const origin = new URL(required("CONSOLE_URL")).origin;
  const username = process.env.ADMIN_USERNAME ?? "admin";
  const password = required("ADMIN_PASSWORD");
  const shots = process.env.SHOTS;
  if (shots) await mkdir(shots, { recursive: true });

  const checks = new Checks();
  const watch = new Watch();
  const upstream = process.env.UPSTREAM ? null : await startUpstream();
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });

  async function shootPage(page: Page, name: string): Promise<void> {
    if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
  }

  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
    await watch.begin(context, origin);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await way({
      ...{ page, watch, checks, origin, username, password },
      upstream: process.env.UPSTREAM ?? upstream?.baseUrl ?? "",
      shoot: (name) => shootPage(page, name),
      shootPage,
    });
    await checks.check("gives the browser nothing to complain about", async () => {
      expect(watch.complaints.length === 0, watch.complaints.join("\n        "));
    });
  } finally {
    await browser.close();
    upstream?.server.close();
  }

  console.log(`${checks.passed} passed, ${checks.failed} failed`);
  process.exitCode = checks.failed === 0 ? 0 : 1;
}

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set`);
  process.exit(2);
}
