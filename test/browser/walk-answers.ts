/**
 * Questions that lists answer: who would serve a request, why somebody was refused, what has just come; and changes of many keys at once.
 */
import { administer, withKey } from "./administer.ts";
import { expect } from "./checks.ts";
import { ACCOUNT, KEY, RUN, section, type Walk } from "./walk.ts";
import { send } from "./walk-keys.ts";

const NARROW = `narrow key ${RUN}`;
const BUSY = `busy key ${RUN}`;
const MANY = ["a", "b", "c"].map((letter) => `many ${RUN} ${letter}`);
/** More than a window shows. */
const A_SCREENFUL = 30;
const NEWS = 3;

export async function askWhoServes({ page, checks, origin, shoot }: Walk): Promise<void> {
  await withKey(page, { name: NARROW, allowed_models: ["gpt-*"] }, async ({ id, secret }) => {
    const row = page.getByRole("row", { name: ACCOUNT });

    await checks.check(
      "says which account would serve a key's request, and that another key's would come to none",
      async () => {
        await page.goto(`${origin}/web/who-serves`);
        await page.getByLabel("Key", { exact: true }).selectOption({ label: NARROW });
        await page.getByLabel("Model").fill("claude-haiku-4-5");
        await page.getByRole("button", { name: "Ask" }).click();
        await page.getByText("refuse this before it asks any account: the key may not use the model").waitFor();
        await row.getByText(/^No: else number \d/).waitFor();
        await shoot("who-serves-nobody");
        await page.getByLabel("Key", { exact: true }).selectOption({ label: KEY });
        await page.getByRole("button", { name: "Ask" }).click();
        await row.getByText(/^Yes, number \d/).waitFor();
        await page.reload();
        await row.getByText(/^Yes, number \d/).waitFor();
        await shoot("who-serves");
      },
    );

    await checks.check("shows what was refused, by key and reason, and narrows it down at a click", async () => {
      for (let count = 0; count < 2; count += 1) {
        expect((await send(origin, secret)) === 404, "the request was not refused");
      }
      await section(page, "Requests");
      await page.getByRole("link", { name: "Refused" }).click();
      const refused = page.getByRole("row", { name: NARROW });
      await refused.getByText("the key may not use the model").waitFor({ timeout: 20_000 });
      await refused.getByRole("cell", { name: "2", exact: true }).waitFor();
      await shoot("refused");
      await refused.getByRole("link", { name: "the key may not use the model" }).click();
      await page.waitForURL(/reason=model_denied/);
      await refused.waitFor();
      await page.goto(`${origin}/web/requests/refused?key_id=${id}&reason=budget`);
      await page.getByText("Nothing matches these filters").waitFor();
      await page.getByRole("button", { name: "Clear filters" }).first().click();
      await refused.waitFor();
    });
  });
}

export async function followLive({ page, checks, origin, shoot }: Walk): Promise<void> {
  await withKey(page, { name: BUSY }, async ({ id, secret }) => {
    const news = page.getByRole("button", { name: `${NEWS} new` });

    await checks.check("tells who reads further down how many requests are new, and leads up to them", async () => {
      for (let sent = 0; sent < A_SCREENFUL; sent += 5) {
        await Promise.all(Array.from({ length: 5 }, () => send(origin, secret)));
      }
      await page.goto(`${origin}/web/requests?key_id=${id}`);
      await page.getByRole("row").nth(A_SCREENFUL).waitFor({ timeout: 20_000 });
      await page.mouse.wheel(0, 5_000);
      await page.waitForFunction(() => scrollY > 200);
      await Promise.all(Array.from({ length: NEWS }, () => send(origin, secret)));
      await news.waitFor({ timeout: 20_000 });
      await shoot("requests-news");
      await news.click();
      await page.waitForFunction(() => scrollY === 0);
      await news.waitFor({ state: "detached" });
    });

    await checks.check("stands still while it is paused, and catches up", async () => {
      const rows = page.getByRole("row");
      const before = await rows.count();
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByText("Paused", { exact: true }).waitFor();
      expect((await send(origin, secret)) === 200, "the request was refused");
      await page.waitForTimeout(4_000);
      expect((await rows.count()) === before, "a row has come all the same");
      await page.getByRole("button", { name: "Resume" }).click();
      await rows.nth(before).waitFor({ timeout: 20_000 });
    });
  });
}

export async function changeManyKeys({ page, checks, origin, shoot }: Walk): Promise<void> {
  const row = (name: string) => page.getByRole("row", { name });
  const bar = page.getByRole("region", { name: "What to do with the chosen keys" });
  const all = async (state: string) => {
    for (const name of MANY) await row(name).getByText(state, { exact: true }).waitFor();
  };
  const choose = async () => {
    await page.getByRole("checkbox", { name: "Choose all keys that are shown" }).check();
    await bar.getByText(`${MANY.length} keys selected`).waitFor();
  };

  await checks.check("tags and disables the keys that are chosen, and takes both back", async () => {
    for (const name of MANY) await administer(page, "POST", "/admin/api-keys", { name });
    await page.goto(`${origin}/web/keys?search=${encodeURIComponent(`many ${RUN}`)}`);
    await all("Active");
    await choose();
    await bar.getByLabel("Tag").fill("night");
    await shoot("keys-chosen");
    await bar.getByRole("button", { name: "Add tag" }).click();
    await all("night");
    await page.getByRole("button", { name: "Undo" }).click();
    for (const name of MANY) await row(name).getByText("night", { exact: true }).waitFor({ state: "detached" });
    await choose();
    await bar.getByRole("button", { name: "Disable" }).click();
    await all("Disabled");
    await page.getByRole("button", { name: "Undo" }).click();
    await all("Active");
  });

  await checks.check("deletes the keys that are chosen, and brings them back", async () => {
    await choose();
    await bar.getByRole("button", { name: "Delete" }).click();
    for (const name of MANY) await row(name).waitFor({ state: "detached" });
    await page.getByText(`${MANY.length} keys are deleted`).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await all("Active");
    await choose();
    await bar.getByRole("button", { name: "Delete" }).click();
    for (const name of MANY) await row(name).waitFor({ state: "detached" });
  });
}
