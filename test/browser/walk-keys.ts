/** What a newcomer does with a key: creates it, sends requests with it, reads the results, changes it, stops it. */
import type { Page } from "playwright-core";
import { expect } from "./checks.ts";
import { choose, KEY, RUN, section, type Walk } from "./walk.ts";

const MODEL = `model-nobody-has-priced-${RUN}`;
const KEY_PATTERN = /cr_[0-9a-f]{64}/;

/** The new key. */
export async function makeKey({ page, checks, origin, shoot }: Walk): Promise<string> {
  let key = "";
  await checks.check("makes a key with limits, and shows its lines", async () => {
    await section(page, "Keys");
    await page.getByRole("link", { name: "Create key" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill(KEY);
    await page.getByText("Limits", { exact: true }).first().click();
    await page.getByLabel("Requests at the same time").fill("none");
    await page.getByRole("button", { name: "Create key" }).click();
    await page.getByText("Enter a whole number").waitFor();
    await shoot("key-form");
    await page.getByLabel("Requests at the same time").fill("2");
    await page.getByLabel("Requests per window").fill("100");
    await page.getByText("Budgets", { exact: true }).click();
    await page.getByLabel("Dollars a day").fill("5");
    await page.getByText("Lifetime", { exact: true }).click();
    await page.getByLabel("Expires").selectOption({ label: "In 7 days" });
    await page.getByRole("textbox", { name: "Name" }).press("ControlOrMeta+Enter");
    await page.getByRole("heading", { name: `${KEY} is ready` }).waitFor();
    await page.getByText("ANTHROPIC_BASE_URL").first().waitFor();
    const text = (await page.getByRole("dialog").textContent()) ?? "";
    key = KEY_PATTERN.exec(text)?.[0] ?? "";
    expect(key !== "", "no key is shown");
    expect(text.includes(`ANTHROPIC_BASE_URL=${origin}/api`), "the Claude Code lines lack the base URL");
    await page.getByRole("tab", { name: "curl" }).click();
    await page.getByText(`curl -N ${origin}/api/v1/messages`).waitFor();
    await shoot("key-made");
  });

  await checks.check("copies the key", async () => {
    await page.getByRole("button", { name: "Copy: Key" }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied === key, "the clipboard holds something else");
  });

  await checks.check("waits for the first request of a new key, and turns green when it comes", async () => {
    await page.getByText("Waiting for the first request").waitFor();
    expect((await send(origin, key)) === 200, "the request was refused");
    await page.getByText("The key works").waitFor({ timeout: 20_000 });
    await shoot("key-first-request");
  });

  await checks.check("lists the key with its limits", async () => {
    await page.getByRole("button", { name: "Done" }).click();
    const row = (await page.getByRole("row", { name: KEY }).textContent()) ?? "";
    expect(
      ["$5.00 a day", "2 at a time", "100 per 60 min"].every((limit) => row.includes(limit)),
      `the row says "${row}"`,
    );
  });
  return key;
}

export async function seeRequest({ page, watch, checks, origin, shoot }: Walk, key: string): Promise<void> {
  await checks.check("shows a request as it arrives, without a reload", async () => {
    await section(page, "Requests");
    const status = await send(origin, key);
    expect(status === 200, `the relay answered ${status}`);
    const row = page.getByRole("row").filter({ hasText: KEY }).first();
    await row.waitFor({ timeout: 20_000 });
    const text = (await row.textContent()) ?? "";
    expect(text.includes("Completed"), `the row says "${text}"`);
    await shoot("requests");
    await row.getByText("claude-sonnet-4-5").click();
    await page.getByRole("dialog").getByText("Request id").waitFor();
    await shoot("request");
    await page.goto(`${page.url()}?outcome=lost`);
    await page.getByRole("dialog").getByText("Request id").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Clear filters" }).first().click();
  });

  await checks.check("lists a model without a price, and prices its requests", async () => {
    expect((await send(origin, key, MODEL)) === 200, "the request was refused");
    // The row exists, so the booking has reached the database.
    await page.getByRole("row").filter({ hasText: MODEL }).first().waitFor({ timeout: 20_000 });
    await section(page, "Prices");
    await page.getByRole("link", { name: `Set price: ${MODEL}` }).click();
    await page.getByRole("heading", { name: MODEL }).waitFor();
    await page.getByRole("textbox", { name: "Input, USD per million tokens" }).fill("3");
    await page.getByRole("textbox", { name: "Output, USD per million tokens" }).fill("15");
    await shoot("price");
    await page.getByRole("button", { name: "Set price" }).click();
    await page.getByText(`${MODEL} has a price`).waitFor();
    await page.getByRole("searchbox", { name: "Search models" }).fill(MODEL);
    const row = page.getByRole("row", { name: MODEL }).filter({ hasText: "Override" });
    await row.waitFor();
    await choose(page, MODEL, "Take the override back");
    await row.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await row.waitFor();
    await section(page, "Requests");
  });

  await checks.check("stops asking while the tab is hidden, and asks at once when it is back", async () => {
    await setVisibility(page, "hidden");
    const before = watch.polls;
    await page.waitForTimeout(4_000);
    expect(watch.polls === before, `${watch.polls - before} polls while hidden`);
    await setVisibility(page, "visible");
    await page.waitForTimeout(500);
    expect(watch.polls === before + 1, `${watch.polls - before} polls on return`);
  });
}

export async function seeKey({ page, checks, shoot }: Walk, key: string): Promise<void> {
  await checks.check("shows an existing key only when asked", async () => {
    await section(page, "Keys");
    await page.getByRole("link", { name: KEY }).click();
    await page.getByRole("heading", { name: KEY }).waitFor();
    await page.getByText("Requests in this window").waitFor();
    expect(!(await page.content()).includes(key), "the key is in the page before it was asked for");
    await page.getByRole("button", { name: "Show key" }).click();
    await page.getByText(key, { exact: true }).waitFor();
    await shoot("key-shown");
    await page.getByRole("button", { name: "Hide key" }).click();
    expect(!(await page.content()).includes(key), "the key is still in the page");
  });

  await checks.check("says what the key has cost, and how far its limits are used up", async () => {
    await page.getByText("$5.00").first().waitFor();
    await page.getByRole("heading", { name: "Cost by day, last 30 days" }).waitFor();
    await page.getByRole("cell", { name: "claude-sonnet-4-5" }).waitFor();
    await shoot("key");
  });

  await checks.check("changes a limit of the key, and nothing else", async () => {
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByText("Budgets", { exact: true }).click();
    await page.getByLabel("Dollars a day").fill("8");
    await page.getByText("Models, clients and accounts").click();
    await shoot("key-edit");
    await page.keyboard.press("ControlOrMeta+Enter");
    await page.getByRole("status").getByText("Saved").waitFor();
    await page.getByText("of $8.00").waitFor();
    await section(page, "Keys");
    await page.getByRole("row", { name: KEY }).getByText("$8.00 a day").waitFor({ state: "attached" });
    const row = (await page.getByRole("row", { name: KEY }).textContent()) ?? "";
    expect(
      ["$8.00 a day", "2 at a time", "100 per 60 min"].every((limit) => row.includes(limit)),
      `the row says "${row}"`,
    );
  });
}

export async function stopKey({ page, checks, origin, shoot }: Walk, key: string): Promise<void> {
  const row = page.getByRole("row", { name: KEY });

  await checks.check("disables and enables the key", async () => {
    await section(page, "Keys");
    await choose(page, KEY, "Disable");
    await row.getByText("Disabled").waitFor();
    expect((await send(origin, key)) === 401, "a disabled key still works");
    await choose(page, KEY, "Enable");
    await row.getByText("Active").waitFor();
  });

  await checks.check("deletes the key, and takes it back at a click", async () => {
    await choose(page, KEY, "Delete");
    await page.getByRole("status").getByText("is deleted").waitFor();
    await shoot("key-deleted");
    expect((await send(origin, key)) === 401, "a deleted key still works");
    await page.getByRole("button", { name: "Undo" }).click();
    await row.getByText("Active").waitFor();
    expect((await send(origin, key)) === 200, "the key does not work again");
    await choose(page, KEY, "Delete");
    await row.waitFor({ state: "detached" });
  });

  await checks.check("opens the deleted keys by their address alone", async () => {
    await page.getByLabel("State").selectOption({ label: "Deleted" });
    await row.waitFor();
    expect(new URL(page.url()).search === "?status=deleted", `the address is ${page.url()}`);
    await page.reload();
    await row.waitFor();
  });

  await checks.check("restores the key from the deleted ones, and deletes it again", async () => {
    await choose(page, KEY, "Restore");
    await page.getByRole("status").getByText("is back").waitFor();
    await page.getByLabel("State").selectOption({ label: "All but deleted" });
    await row.getByText("Active").waitFor();
    await choose(page, KEY, "Delete");
    await page.getByRole("status").getByText("is deleted").waitFor();
    await shoot("keys");
  });
}

export async function send(origin: string, key: string, model = "claude-sonnet-4-5"): Promise<number> {
  const response = await fetch(`${origin}/api/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": key, "anthropic-version": "2023-06-01", "content-type": "application/json" },
    body: JSON.stringify({
      model,
      max_tokens: 16,
      messages: [{ role: "user", content: "Say hello" }],
    }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Headless Chromium never hides a tab, so the page is told what a browser would tell it. */
async function setVisibility(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, "visibilityState", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}
