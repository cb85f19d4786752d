/** The holder of a key, who has no account here: a window of their own, a pasted key, and what they see of it. */
import type { Page } from "playwright-core";
import { administer } from "./administer.ts";
import { expect } from "./checks.ts";
import { foreignWords } from "./foreign-words.ts";
import { KEY, RUN, sound, type Walk } from "./walk.ts";

/** Has the form of a key, but no relay has made it. */
const FOREIGN = `cr_${"0".repeat(64)}`;

/** `key` was used, and has a budget and a window. */
export async function seeOwnKey(
  { page: signedIn, watch, checks, origin, shootPage }: Walk,
  key: string,
): Promise<void> {
  const browser = signedIn.context().browser();
  if (browser === null) throw new Error("there is no browser");
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
  await watch.begin(context, origin);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const shoot = (name: string) => shootPage(page, name);

  try {
    await checks.check("asks who has a key for nothing else, and asks the relay nothing before", async () => {
      const before = watch.asked.length;
      await page.goto(`${origin}/web/me`);
      await page.getByLabel("Your key").waitFor();
      const asked = watch.asked.slice(before).filter((path) => !path.startsWith("/web/"));
      expect(asked.length === 0, `asked for ${asked.join(", ")}`);
      await shoot("me-enter");
    });

    await checks.check(
      "sends nothing that is no key, and says what is wrong with one that is not this relay's",
      async () => {
        const before = watch.asked.length;
        await give(page, "sk-ant-api03-somebody-elses");
        await page.getByRole("alert").getByText("This is no key of this relay").waitFor();
        expect(watch.asked.length === before, "the text was sent");
        await give(page, FOREIGN);
        await page.getByRole("alert").getByText("This is no key of this relay").waitFor();
        await shoot("me-wrong");
      },
    );

    await checks.check("shows limits, use, models and own requests of a key in a pasted line", async () => {
      await give(page, `export ANTHROPIC_AUTH_TOKEN=${key}`);
      await page.getByRole("heading", { name: KEY }).waitFor();
      await page.getByText("Active", { exact: true }).waitFor();
      await page.getByText("of $8.00").waitFor();
      await page.getByRole("img", { name: /^Requests in this window/ }).waitFor();
      await page.getByRole("group", { name: "Cost by day, last 30 days" }).waitFor();
      await page.getByRole("table", { name: "Your requests" }).getByRole("row").nth(1).waitFor();
      await page.getByText("ANTHROPIC_AUTH_TOKEN=cr_…").waitFor();
      await page.getByRole("button", { name: "Show key" }).click();
      await page.getByText(`ANTHROPIC_AUTH_TOKEN=${key}`).waitFor();
      await page.getByRole("button", { name: "Copy: In a terminal" }).click();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      expect(copied.includes(`ANTHROPIC_AUTH_TOKEN=${key}`), "the clipboard holds something else");
      await shoot("me-light");
    });

    await checks.check("keeps the key out of every address and names no account, over a reload too", async () => {
      await page.reload();
      await page.getByRole("heading", { name: KEY }).waitFor();
      await page.getByRole("table", { name: "Your requests" }).waitFor();
      expect(!watch.asked.some((path) => path.includes("cr_")), "the key stands in an address");
      expect(!page.url().includes("cr_"), `the address is ${page.url()}`);
      const text = (await page.locator("body").textContent()) ?? "";
      expect(!/browser test|acc_|127\.0\.0\.1(?!:)/.test(text.replaceAll(origin, "")), "the page names an account");
    });

    await fitting(page, "light");
    await checks.check("speaks Chinese to the holder too", async () => {
      await page.getByRole("button", { name: "View" }).click();
      await page.getByRole("button", { name: "简体中文" }).click();
      await page.getByRole("heading", { name: "你的请求" }).waitFor();
      const foreign = await foreignWords(page, [KEY, RUN]);
      await shoot("me-chinese");
      await page.getByRole("button", { name: "显示", exact: true }).click();
      await page.getByRole("button", { name: "English" }).click();
      await page.getByRole("heading", { name: "Your requests" }).waitFor();
      expect(foreign.length === 0, foreign.join(" | "));
    });
    await page.emulateMedia({ colorScheme: "dark" });
    await fitting(page, "dark");
    await page.setViewportSize({ width: 390, height: 760 });
    await fitting(page, "phone-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await fitting(page, "phone-light");

    await checks.check("forgets the key", async () => {
      await page.getByRole("button", { name: "Forget key" }).click();
      await page.getByLabel("Your key").waitFor();
      await page.reload();
      await page.getByLabel("Your key").waitFor();
      const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
      expect(!kept.includes("cr_"), "the browser still has it");
      await shoot("me-phone-enter");
    });
  } finally {
    await context.close();
  }

  async function fitting(on: Page, name: string): Promise<void> {
    await checks.check(`the holder's page fits the window, and axe finds nothing (${name})`, async () => {
      await on.getByRole("table", { name: "Your requests" }).waitFor();
      await sound(on);
      await shoot(`me-${name}`);
    });
  }
}

/** What a key that may not be used says, and whether its figures are shown all the same. */
const REFUSED: readonly [what: string, change: { method: string; body?: object }, says: string, seen: boolean][] = [
  ["expired", { method: "PATCH", body: { expires_at: "2020-01-01T00:00:00Z" } }, "This key has expired", true],
  ["disabled", { method: "PATCH", body: { enabled: false } }, "This key is disabled", false],
  ["deleted", { method: "DELETE" }, "does not exist any more", false],
];

/** `signedIn` is an administrator's page. */
export async function seeRefusedKeys({ page: signedIn, watch, checks, origin, shootPage }: Walk): Promise<void> {
  const browser = signedIn.context().browser();
  if (browser === null) throw new Error("there is no browser");
  const made = await administer(signedIn, "POST", "/admin/api-keys", { name: `refused key ${RUN}` });
  const { id, api_key: key } = made as { id: string; api_key: string };
  for (const [what, { method, body }, says, seen] of REFUSED) {
    await checks.check(`tells the holder of a key that is ${what}`, async () => {
      await administer(signedIn, method, `/admin/api-keys/${id}`, body);
      const context = await browser.newContext();
      try {
        await watch.begin(context, origin);
        const page = await context.newPage();
        await page.goto(`${origin}/web/me`);
        await give(page, key);
        await page.getByText(says).waitFor();
        expect(
          seen === (await page.getByRole("heading", { name: "Limits" }).isVisible()),
          "figures are not as they should be",
        );
        await shootPage(page, `me-${what}`);
      } finally {
        await context.close();
      }
    });
  }
}

async function give(page: Page, text: string): Promise<void> {
  await page.getByLabel("Your key").fill(text);
  await page.getByRole("button", { name: "Show its usage" }).click();
}
