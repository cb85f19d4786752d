/** The newcomer's walk through the console, as named checks. Knows the page only by what a person reads on it. */
import type { Page } from "playwright-core";
import { type Checks, expect } from "./checks.ts";
import type { Watch } from "./watch.ts";

export interface Walk {
  page: Page;
  watch: Watch;
  checks: Checks;
  origin: string;
  username: string;
  password: string;
  /** Base URL of an upstream that the relay can reach. */
  upstream: string;
  /** Saves a screenshot, where screenshots are wanted. */
  shoot: (name: string) => Promise<void>;
}

/** Names that no earlier run has used, so that a run that broke off does not disturb the next. */
const RUN = Date.now().toString(36);
const ACCOUNT = `browser test ${RUN}`;
const KEY = `browser key ${RUN}`;
const MODEL = `model-nobody-has-priced-${RUN}`;
const KEY_PATTERN = /cr_[0-9a-f]{64}/;

export async function signIn({ page, checks, origin, username, password, shoot }: Walk): Promise<void> {
  await checks.check("sends a stranger to the sign-in form, under a strict policy", async () => {
    const response = await page.goto(`${origin}/web/`);
    const policy = response?.headers()["content-security-policy"] ?? "";
    expect(policy.includes("default-src 'none'"), `the policy is "${policy}"`);
    await page.getByLabel("Username").waitFor();
    await shoot("sign-in");
  });

  await checks.check("says so when the password is wrong", async () => {
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Password").fill(`not ${password}`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("do not match").waitFor();
    await shoot("sign-in-wrong");
  });

  await checks.check("signs in with the keyboard alone", async () => {
    await page.getByLabel("Username").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
  });

  await checks.check("keeps the session over a reload", async () => {
    await page.reload();
    await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
    await shoot("requests-first");
  });
}

export async function addAccount({ page, checks, upstream, shoot }: Walk): Promise<void> {
  await checks.check("names what is missing in an empty account form", async () => {
    await page.getByRole("link", { name: "Accounts" }).click();
    await page.getByRole("link", { name: "Add account" }).click();
    await page.locator("form").getByRole("button", { name: "Add account" }).click();
    const marked = await page.getByLabel("API key").getAttribute("aria-invalid");
    expect(marked === "true", "the API key field is not marked");
    await page.waitForFunction(() => document.activeElement?.id === "account-name");
    await shoot("account-form");
  });

  await checks.check("asks before unsaved work is left, by a link and by the back button", async () => {
    const name = page.getByRole("textbox", { name: "Name" });
    await name.fill("not saved");
    await page.getByRole("link", { name: "Keys" }).click();
    await page.getByRole("dialog").getByText("Leave without saving?").waitFor();
    await shoot("unsaved");
    await page.getByRole("button", { name: "Stay" }).click();
    await page.goBack();
    await page.getByRole("dialog").getByText("Leave without saving?").waitFor();
    await page.keyboard.press("Escape");
    expect((await name.inputValue()) === "not saved", "what was typed is gone");
    expect(new URL(page.url()).pathname === "/web/accounts/new", `the address is ${page.url()}`);
  });

  await checks.check("adds an account", async () => {
    await page.getByRole("textbox", { name: "Name" }).fill(ACCOUNT);
    await page.getByLabel("Base URL").fill(upstream);
    await page.getByLabel("API key").fill("sk-browser-test-1234");
    await page.locator("form").getByRole("button", { name: "Add account" }).click();
    await page.getByRole("row", { name: ACCOUNT }).getByText("In use").waitFor();
    await shoot("accounts");
  });

  await checks.check("pauses the account and uses it again", async () => {
    const row = page.getByRole("row", { name: ACCOUNT });
    await row.getByRole("button", { name: "Pause" }).click();
    await row.getByText("Paused").waitFor();
    await row.getByRole("button", { name: "Use again" }).click();
    await row.getByText("In use").waitFor();
  });
}

/** The new key. */
export async function makeKey({ page, checks, origin, shoot }: Walk): Promise<string> {
  let key = "";
  await checks.check("makes a key with limits, and shows its lines", async () => {
    await page.getByRole("link", { name: "Keys" }).click();
    await page.getByRole("link", { name: "New key" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill(KEY);
    await page.getByText("Limits", { exact: true }).first().click();
    await page.getByLabel("Requests at the same time").fill("none");
    await page.getByRole("button", { name: "Make key" }).click();
    await page.getByText("Enter a whole number").waitFor();
    await shoot("key-form");
    await page.getByLabel("Requests at the same time").fill("2");
    await page.getByLabel("Requests per window").fill("100");
    await page.getByLabel("Expires").selectOption({ label: "In 7 days" });
    await page.getByRole("button", { name: "Make key" }).click();
    await page.getByRole("heading", { name: `${KEY} is ready` }).waitFor();
    const text = (await page.locator("main").textContent()) ?? "";
    key = KEY_PATTERN.exec(text)?.[0] ?? "";
    expect(key !== "", "no key is shown");
    expect(text.includes(`ANTHROPIC_BASE_URL=${origin}/api`), "the Claude Code lines lack the base URL");
    expect(text.includes(`curl -N ${origin}/api/v1/messages`), "the curl line lacks the address");
    await shoot("key-made");
  });

  await checks.check("copies the key", async () => {
    await page.getByRole("button", { name: "Copy: Key" }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied === key, "the clipboard holds something else");
  });

  await checks.check("lists the key with its limits", async () => {
    await page.getByRole("button", { name: "Done" }).click();
    const row = (await page.getByRole("row", { name: KEY }).textContent()) ?? "";
    expect(row.includes("2 at a time") && row.includes("100 per 60 min"), `the row says "${row}"`);
  });
  return key;
}

export async function seeRequest({ page, watch, checks, origin, shoot }: Walk, key: string): Promise<void> {
  await checks.check("shows a request as it arrives, without a reload", async () => {
    await page.getByRole("link", { name: "Requests" }).click();
    await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
    const status = await send(origin, key);
    expect(status === 200, `the relay answered ${status}`);
    const row = page.getByRole("row").filter({ hasText: KEY }).first();
    await row.waitFor({ timeout: 20_000 });
    const text = (await row.textContent()) ?? "";
    expect(text.includes("Completed"), `the row says "${text}"`);
    await row.getByRole("button", { name: "Details" }).click();
    await page.getByText("Request id").waitFor();
    await shoot("requests");
  });

  await checks.check("lists a model without a price, and prices its requests", async () => {
    expect((await send(origin, key, MODEL)) === 200, "the request was refused");
    // The row is there, so the booking has reached the database.
    await page.getByRole("row").filter({ hasText: MODEL }).first().waitFor({ timeout: 20_000 });
    await page.getByRole("link", { name: "Prices" }).click();
    await page.getByRole("link", { name: `Set price: ${MODEL}` }).click();
    await page.getByRole("heading", { name: MODEL }).waitFor();
    await page.getByLabel("Input, USD per million tokens").fill("3");
    await page.getByLabel("Output, USD per million tokens").fill("15");
    await shoot("price");
    await page.getByRole("button", { name: "Set price" }).click();
    await page.getByText(`${MODEL} has a price`).waitFor();
    await page.getByRole("row", { name: MODEL }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Requests" }).click();
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

export async function revealAndDelete({ page, checks, origin, shoot }: Walk, key: string): Promise<void> {
  const row = page.getByRole("row", { name: KEY });
  await checks.check("shows an existing key only when asked", async () => {
    await page.getByRole("link", { name: "Keys" }).click();
    await row.waitFor();
    expect(!(await page.content()).includes(key), "the key is in the page before it was asked for");
    await row.getByRole("button", { name: "Show key" }).click();
    await page.getByText(key, { exact: true }).waitFor();
    await shoot("key-shown");
    await row.getByRole("button", { name: "Hide key" }).click();
    expect(!(await page.content()).includes(key), "the key is still in the page");
  });

  await checks.check("disables and enables the key", async () => {
    await row.getByRole("button", { name: "Disable" }).click();
    await row.getByText("Disabled").waitFor();
    expect((await send(origin, key)) === 401, "a disabled key still works");
    await row.getByRole("button", { name: "Enable" }).click();
    await row.getByText("Active").waitFor();
  });

  await checks.check("deletes the key after asking, and only then", async () => {
    await row.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").waitFor();
    await shoot("confirm");
    await page.keyboard.press("Escape");
    expect((await send(origin, key)) === 200, "the key stopped before the deletion was confirmed");
    await row.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("status").getByText("is deleted").waitFor();
    expect((await send(origin, key)) === 401, "a deleted key still works");
  });

  await checks.check("opens the deleted keys by their address alone", async () => {
    await page.getByLabel("State").selectOption({ label: "Deleted" });
    await row.waitFor();
    expect(new URL(page.url()).search === "?status=deleted", `the address is ${page.url()}`);
    await page.reload();
    await row.waitFor();
  });

  await checks.check("restores the key from the deleted ones, and deletes it again", async () => {
    await row.getByRole("button", { name: "Restore" }).click();
    await page.getByRole("status").getByText("is back").waitFor();
    await page.getByLabel("State").selectOption({ label: "All but deleted" });
    await row.getByText("Active").waitFor();
    await row.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("status").getByText("is deleted").waitFor();
    await shoot("keys");
  });
}

export async function leave({ page, watch, checks, origin, username, password, shoot }: Walk): Promise<void> {
  await checks.check("deletes the account", async () => {
    await page.getByRole("link", { name: "Accounts" }).click();
    await page.getByRole("row", { name: ACCOUNT }).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("status").getByText("is deleted").waitFor();
    await shoot("account-deleted");
  });

  await checks.check("says so when the session has ended, and goes on where it was", async () => {
    await page.getByRole("link", { name: "Requests" }).click();
    await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
    await page.context().clearCookies();
    await page.getByText("Your session has ended").waitFor();
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
  });

  await checks.check("speaks Chinese to whoever chooses it, from the first word on", async () => {
    await page.getByLabel("Language").selectOption({ label: "简体中文" });
    await page.getByRole("heading", { name: "请求", exact: true }).waitFor();
    expect(
      (await page.locator("html").getAttribute("lang")) === "zh-CN",
      "the page says that it is in another language",
    );
    await shoot("requests-chinese");
    await page.reload();
    await page.getByRole("heading", { name: "请求", exact: true }).waitFor();
    await page.getByLabel("语言").selectOption({ label: "English" });
    await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
  });

  await checks.check("says that there is no such page", async () => {
    const response = await page.goto(`${origin}/web/nowhere/at/all`);
    expect((response?.headers()["content-security-policy"] ?? "").includes("default-src 'none'"), "it has no policy");
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await page.getByRole("link", { name: "Go to requests" }).click();
    await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
  });

  await checks.check("signs out, and asks nothing more", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Username").waitFor();
    const before = watch.asked.length;
    await page.waitForTimeout(4_000);
    expect(watch.asked.length === before, `asked for ${watch.asked.slice(before).join(", ")}`);
    await page.reload();
    await page.getByLabel("Username").waitFor();
  });
}

/** Opens every section and fails where the page is wider than the window. */
export async function fits({ page, checks, shoot }: Walk, name: string): Promise<void> {
  for (const section of ["Requests", "Keys", "Accounts", "Prices"]) {
    await checks.check(`${section} fits the window (${name})`, async () => {
      await page.getByRole("link", { name: section, exact: true }).click();
      await page.getByRole("heading", { name: section, exact: true }).waitFor();
      await page.getByText("Loading").waitFor({ state: "detached" });
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await shoot(`${name}-${section.toLowerCase()}`);
      expect(excess <= 0, `${excess} px too wide`);
    });
  }
}

async function send(origin: string, key: string, model = "claude-sonnet-4-5"): Promise<number> {
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
