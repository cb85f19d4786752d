/**
 * Makes a picture of each page of the console, in both themes and on a phone, into docs/screenshots: the three that the READMEs show are
 * kept there, the others are for whoever looks. The relay is one that a small team has used for a month, made for the pictures; or one
 * that runs already:
 *
 *   CONSOLE_URL=http://127.0.0.1:8787 ADMIN_USERNAME=admin ADMIN_PASSWORD=… npm run screenshots
 *
 * CHROMIUM is the browser (default /usr/bin/chromium).
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { fillRelay, withRelay } from "../../scripts/scale/filled-relay.ts";

const ROOT = join(import.meta.dirname, "../..");
const TEAM = { keys: 60, accounts: 16, requests: 20_000 };
const OUT = join(ROOT, "docs/screenshots");
const PATHS = {
  overview: "/",
  requests: "/requests",
  start: "/start/account",
  keys: "/keys",
  accounts: "/accounts",
  "new-account": "/accounts/new",
  groups: "/groups",
  aliases: "/aliases",
  "who-serves": "/who-serves?model=claude-haiku-4-5",
  templates: "/templates",
  prices: "/prices",
  alerts: "/alerts",
  audit: "/audit",
  settings: "/settings",
};
const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 760 } },
] as const;

interface Console {
  origin: string;
  username: string;
  password: string;
}

mkdirSync(OUT, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  await withConsole((console) => takePictures(browser, console));
} finally {
  await browser.close();
}

async function withConsole(use: (console: Console) => Promise<void>): Promise<void> {
  const { CONSOLE_URL: url, ADMIN_USERNAME: username = "admin", ADMIN_PASSWORD: password } = process.env;
  if (url) {
    if (!password) throw new Error("ADMIN_PASSWORD is not set");
    return use({ origin: new URL(url).origin, username, password });
  }
  const stateDir = mkdtempSync(join(tmpdir(), "relay-pictures-"));
  try {
    const relay = await fillRelay(ROOT, stateDir, TEAM);
    const { ADMIN_PASSWORD } = relay.filled.secrets;
    await withRelay(relay, (origin) => use({ origin, username: "admin", password: ADMIN_PASSWORD }));
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function takePictures(browser: Browser, { origin, username, password }: Console): Promise<void> {
  for (const { name, ...look } of LOOKS) {
    const context = await browser.newContext({ ...look, reducedMotion: "reduce", locale: "en-GB" });
    const page = await context.newPage();
    async function picture(of: string): Promise<void> {
      await page.locator("[role=status][aria-label]").first().waitFor({ state: "detached" });
      await page.getByText("Loading…").first().waitFor({ state: "detached" });
      await page.waitForLoadState("networkidle");
      await page.screenshot({ path: join(OUT, `${of}-${name}.png`) });
    }
    await page.goto(`${origin}/web/`);
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.locator("#content h1").waitFor();
    const { key, account, request } = await examples(page);
    const details = { key: `/keys/${key.id}`, account: `/accounts/${account}`, request: `/requests/${request}` };
    for (const [of, path] of Object.entries({ ...PATHS, ...details })) {
      await page.goto(`${origin}/web${path}`);
      await page.locator("#content h1").waitFor();
      await picture(of);
    }
    await page.evaluate((value) => sessionStorage.setItem("edge-relay-my-key", value), key.value);
    await page.goto(`${origin}/web/me`);
    await page.getByRole("heading", { name: "Your requests" }).waitFor();
    await picture("me");
    await context.close();
  }
}

/** What the newest request was asked with, by the console's own session: whose pages have something to show. */
async function examples(page: Page): Promise<{ key: { id: string; value: string }; account: string; request: string }> {
  return page.evaluate(async () => {
    const read = async (path: string) => (await fetch(`/admin/${path}`)).json();
    const { items } = await read("requests?outcome=completed&limit=1");
    const [newest] = items;
    if (!newest) throw new Error("there is no request");
    const { api_key } = await read(`api-keys/${newest.key_id}?reveal=1`);
    return { key: { id: newest.key_id, value: api_key }, account: newest.account_id, request: newest.id };
  });
}
