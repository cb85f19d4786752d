/**
 * Failures between the console and the relay: a session that ends, a relay that is slow, fails, or does not exist. Requests are delayed or
 * broken off on their way; the relay itself answers them.
 */
import type { Page, Route } from "playwright-core";
import { expect } from "./checks.ts";
import { choose, RUN, SECTIONS, section, type Walk } from "./walk.ts";

const SLOW_MS = 3_000;
/** All of the admin API except the question of who is signed in. */
const API = /\/admin\/(?!session)/;

const FAULTS = {
  "has failed": {
    says: "The relay failed to do that",
    meet: (route: Route) => route.fulfill({ status: 500, json: { error: { type: "internal", message: "boom" } } }),
  },
  "is not there": {
    says: "The relay did not answer",
    meet: (route: Route) => route.abort("connectionrefused"),
  },
};

async function slowly(route: Route): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  // The page that has asked may be gone meanwhile.
  await route.continue().catch(() => {});
}

/** Each page in a tab of its own, all at once, because the waiting takes the same time for one and for ten. */
export async function seeListsInTrouble({ page: first, watch, checks, origin }: Walk): Promise<void> {
  const context = first.context();
  const tabs = await Promise.all(
    SECTIONS.map(async (title) => {
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      watch.troubled.add(page);
      return { title, page, address: `${origin}/web/${title === "Overview" ? "" : title.toLowerCase()}` };
    }),
  );

  await checks.check("shows what a page is made of while a slow relay is asked, and then the page", async () => {
    await Promise.all(
      tabs.map(async ({ title, page, address }) => {
        await page.route(API, slowly);
        await page.goto(address);
        const skeleton = page.locator("main [role=status][aria-label]").first();
        await skeleton.waitFor().catch(() => expect(false, `${title} shows nothing meanwhile`));
        await skeleton.waitFor({ state: "detached" });
        expect((await page.locator("main [role=alert]").count()) === 0, `${title} takes slow for failed`);
        await page.unroute(API);
      }),
    );
  });

  await checks.check(
    "says on each page whether the relay has failed or is not there, and tries again at a click",
    async () => {
      await Promise.all(
        tabs.map(async ({ title, page }) => {
          let fault: keyof typeof FAULTS | null = "has failed";
          await page.route(API, (route) => (fault === null ? route.continue() : FAULTS[fault].meet(route)));
          await page.reload();
          await tells(page, title, FAULTS[fault].says);
          fault = "is not there";
          await tryAgain(page, title);
          await tells(page, title, FAULTS[fault].says);
          fault = null;
          await tryAgain(page, title);
          await page.locator("main [role=alert]").first().waitFor({ state: "detached" });
          await page.locator("main [role=status][aria-label]").first().waitFor({ state: "detached" });
        }),
      );
    },
  );
  for (const { page } of tabs) await page.close();
}

async function tells(page: Page, title: string, what: string): Promise<void> {
  const alert = page.locator("main [role=alert]").filter({ hasText: what }).first();
  await alert.waitFor().catch(() => expect(false, `${title} does not say "${what}"`));
  const skeleton = page.locator("main [role=status][aria-label]").first();
  await skeleton.waitFor({ state: "detached" }).catch(() => expect(false, `${title} waits for what will not come`));
}

/** Tries everything again that has failed. From the last one on, because one that succeeds removes its button. */
async function tryAgain(page: Page, title: string): Promise<void> {
  const buttons = page.getByRole("main").getByRole("button", { name: "Try again" });
  const count = await buttons.count();
  expect(count > 0, `${title} offers no other try`);
  for (let at = count - 1; at >= 0; at -= 1) await buttons.nth(at).click();
}

/** A key's form, which every kind of failure leaves as it was. */
export async function saveInTrouble({ page, watch, checks, origin, shoot }: Walk): Promise<void> {
  const name = `troubled key ${RUN}`;
  const field = page.getByRole("textbox", { name: "Name" });
  const create = page.getByRole("button", { name: "Create key" });
  let sent = 0;
  const count = (how: (route: Route) => Promise<void>) => (route: Route) => {
    if (route.request().method() !== "POST") return route.continue();
    sent += 1;
    return how(route);
  };

  watch.troubled.add(page);
  for (const [is, { says, meet }] of Object.entries(FAULTS)) {
    await checks.check(`keeps a form that could not be saved because the relay ${is}`, async () => {
      await page.goto(`${origin}/web/keys/new`);
      await field.fill(name);
      await page.route("**/admin/api-keys", count(meet));
      await create.click();
      await page.getByRole("dialog").getByRole("alert").getByText(says).waitFor();
      expect((await field.inputValue()) === name, "what was typed is gone");
      await shoot(`key-form-relay-${is.replaceAll(" ", "-")}`);
      await page.unroute("**/admin/api-keys");
      await discard(page);
      expect((await page.getByRole("row", { name }).count()) === 0, "half a key was made");
    });
  }

  await checks.check("makes one key for whoever presses twice while the relay is slow", async () => {
    await section(page, "Keys");
    await page.getByRole("link", { name: "Create key" }).click();
    await field.fill(name);
    sent = 0;
    await page.route("**/admin/api-keys", count(slowly));
    await create.dblclick();
    await page.getByRole("button", { name: "Creating…" }).click({ force: true });
    await field.press("ControlOrMeta+Enter");
    await page.getByRole("heading", { name: `${name} is ready` }).waitFor();
    expect(sent === 1, `it was sent ${sent} times`);
    await page.unroute("**/admin/api-keys");
    await page.getByRole("button", { name: "Done" }).click();
    await choose(page, name, "Delete");
    await page.getByRole("row", { name }).waitFor({ state: "detached" });
  });
  watch.troubled.delete(page);
}

export async function goOnAfterSession({ page, checks, origin, username, password, shoot }: Walk): Promise<void> {
  const name = `lapsed key ${RUN}`;
  const again = page.getByRole("dialog", { name: "Sign in" });

  await checks.check("signs in again over unsaved work, and goes on with what was sent", async () => {
    await page.goto(`${origin}/web/keys/new`);
    await page.getByRole("textbox", { name: "Name" }).fill(name);
    await page.getByRole("textbox", { name: "Description" }).fill("typed before the session ended");
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Create key" }).click();
    await again.getByText("what you have entered is still here").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await again.getByLabel("Username").fill(username);
    await again.getByLabel("Password").fill(`not ${password}`);
    await page.keyboard.press("Enter");
    await again.getByRole("alert").getByText("do not match").waitFor();
    await shoot("sign-in-again");
    await again.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `${name} is ready` }).waitFor();
    await page.getByRole("link", { name: "Open the key’s page" }).click();
    await page.getByText("typed before the session ended").waitFor();
    await section(page, "Keys");
    await choose(page, name, "Delete");
    await page.getByRole("row", { name }).waitFor({ state: "detached" });
  });
}

async function discard(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Leave" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}
