/**
 * Makes a picture of each page of a running console, in both themes and on a phone, into docs/screenshots: the three that the READMEs
 * show are kept there, the others are for whoever looks.
 *
 *   CONSOLE_URL=http://127.0.0.1:8787 ADMIN_USERNAME=admin ADMIN_PASSWORD=… npm run screenshots
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";

const OUT = join(import.meta.dirname, "../../docs/screenshots");
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

const origin = new URL(required("CONSOLE_URL")).origin;
const username = process.env.ADMIN_USERNAME ?? "admin";
const password = required("ADMIN_PASSWORD");

await mkdir(OUT, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  for (const { name, ...look } of LOOKS) {
    const context = await browser.newContext({ ...look, reducedMotion: "reduce", locale: "en-GB" });
    const page = await context.newPage();
    await page.goto(`${origin}/web/`);
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.locator("#content h1").waitFor();
    for (const [of, path] of Object.entries(PATHS)) {
      await page.goto(`${origin}/web${path}`);
      await page.locator("#content h1").waitFor();
      await page.locator("[role=status][aria-label]").first().waitFor({ state: "detached" });
      await page.screenshot({ path: join(OUT, `${of}-${name}.png`) });
    }
    await page.evaluate((key) => sessionStorage.setItem("edge-relay-my-key", key), await newestKey(page));
    await page.goto(`${origin}/web/me`);
    await page.getByRole("heading", { name: "Your requests" }).waitFor();
    await page.locator("[role=status][aria-label]").first().waitFor({ state: "detached" });
    await page.screenshot({ path: join(OUT, `me-${name}.png`) });
    await context.close();
  }
} finally {
  await browser.close();
}

/** As the console reveals it: the holder's page is shown for the key that was made last. */
async function newestKey(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const list: { items: { id: string }[] } = await (await fetch("/admin/api-keys?limit=1")).json();
    const [newest] = list.items;
    if (!newest) throw new Error("there is no key");
    const key: { api_key: string } = await (await fetch(`/admin/api-keys/${newest.id}?reveal=1`)).json();
    return key.api_key;
  });
}

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set`);
  process.exit(2);
}
