/**
 * Walks the console in a real Chromium against a running relay, and fails on anything that the browser complains about
 * on the way. Leaves nothing behind but a deleted key, its requests in the log, and the price of a model that it made up.
 *
 *   CONSOLE_URL=http://127.0.0.1:8787 ADMIN_USERNAME=admin ADMIN_PASSWORD=… node test/browser/run.ts
 *
 * The relay must have been started with OAUTH_CLAUDE_AUTHORIZE_URL and OAUTH_CLAUDE_TOKEN_URLS at a free port of 127.0.0.1
 * (/oauth/authorize and /v1/oauth/token): the walk plays the provider there. CHROMIUM is the browser (default /usr/bin/chromium), SHOTS a directory for screenshots, UPSTREAM the base URL of the
 * account that it adds (default: a tiny one of its own on loopback, which a deployed relay cannot reach).
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { Checks, expect } from "./checks.ts";
import { startUpstream } from "./upstream.ts";
import { addAccount, findWithKeyboard, fits, leave, pauseChosen, signIn, type Walk } from "./walk.ts";
import { makeKey, seeKey, seeRequest, stopKey } from "./walk-keys.ts";
import { bearLongNames } from "./walk-long-names.ts";
import { seeOwnKey, seeRefusedKeys } from "./walk-me.ts";
import {
  changeSettings,
  editAccount,
  manageAliases,
  manageGroups,
  manageTemplates,
  readAudit,
  seeOverview,
} from "./walk-pages.ts";
import { signInToProvider } from "./walk-sign-in.ts";
import { goOnAfterSession, saveInTrouble, seeListsInTrouble } from "./walk-trouble.ts";
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

const origin = new URL(required("CONSOLE_URL")).origin;
const username = process.env.ADMIN_USERNAME ?? "admin";
const password = required("ADMIN_PASSWORD");
const shots = process.env.SHOTS;
if (shots) await mkdir(shots, { recursive: true });

const checks = new Checks();
const watch = new Watch();
const upstream = process.env.UPSTREAM ? null : await startUpstream();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: FLAGS,
});

async function shootPage(page: Page, name: string): Promise<void> {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}

try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
  await watch.begin(context, origin);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);

  const walk: Walk = {
    page,
    watch,
    checks,
    origin,
    username,
    password,
    upstream: process.env.UPSTREAM ?? upstream?.baseUrl ?? "",
    shoot: (name) => shootPage(page, name),
    shootPage,
  };

  await signIn(walk);
  // Nothing can be seen from outside; one failure says it all.
  if (checks.failed === 0) {
    await addAccount(walk);
    await pauseChosen(walk);
    const key = await makeKey(walk);
    await seeRequest(walk, key);
    await seeKey(walk, key);
    await findWithKeyboard(walk);
    await seeOverview(walk);
    await manageGroups(walk);
    await editAccount(walk);
    await manageAliases(walk);
    await manageTemplates(walk);
    await readAudit(walk);
    await changeSettings(walk);
    await signInToProvider(walk);
    await fits(walk, "desktop-light");
    await page.emulateMedia({ colorScheme: "dark" });
    await fits(walk, "desktop-dark");
    await page.setViewportSize({ width: 390, height: 760 });
    await fits(walk, "phone-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await fits(walk, "phone-light");
    await page.setViewportSize({ width: 1280, height: 800 });
    await bearLongNames(walk);
    await seeListsInTrouble(walk);
    await saveInTrouble(walk);
    await goOnAfterSession(walk);
    await seeOwnKey(walk, key);
    await seeRefusedKeys(walk);
    await stopKey(walk, key);
    await leave(walk);
  }

  await checks.check("gives the browser nothing to complain about", async () => {
    expect(watch.complaints.length === 0, watch.complaints.join("\n        "));
  });
} finally {
  await browser.close();
  upstream?.server.close();
}

console.log(`${checks.passed} passed, ${checks.failed} failed`);
process.exitCode = checks.failed === 0 ? 0 : 1;

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set`);
  process.exit(2);
}
