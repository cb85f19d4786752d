/** The newcomer's walk through the console, as named checks. Knows the page only by what a person reads on it. */
import type { Page } from "playwright-core";
import { violations } from "./axe.ts";
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
  /** The same for another page. */
  shootPage: (page: Page, name: string) => Promise<void>;
}

/** Names that no earlier run has used, so that an interrupted run does not disturb the next one. */
export const RUN = Date.now().toString(36);
export const ACCOUNT = `browser test ${RUN}`;
export const KEY = `browser key ${RUN}`;

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
    await page.getByRole("heading", { name: "Overview", exact: true }).waitFor();
  });

  await checks.check("keeps the session over a reload", async () => {
    await page.reload();
    await page.getByRole("heading", { name: "Overview", exact: true }).waitFor();
    await shoot("overview-first");
  });
}

export async function addAccount({ page, checks, upstream, shoot }: Walk): Promise<void> {
  await checks.check("names what is missing in an empty account form", async () => {
    await section(page, "Accounts");
    await page.getByRole("link", { name: "Add account" }).click();
    await page.getByText("Whose account is it?").waitFor();
    await shoot("account-kinds");
    await page.getByRole("link", { name: "Anthropic API key" }).click();
    await page.locator("form").getByRole("button", { name: "Test and add" }).click();
    const marked = await page.getByLabel("API key", { exact: true }).getAttribute("aria-invalid");
    expect(marked === "true", "the API key field is not marked");
    await page.waitForFunction(() => document.activeElement?.id === "account-name");
    await shoot("account-form");
  });

  await checks.check("asks before unsaved work is left, by the cross, by Escape and by the back button", async () => {
    const name = page.getByRole("textbox", { name: "Name" });
    await name.fill("not saved");
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("dialog").getByText("Leave without saving?").waitFor();
    await shoot("unsaved");
    await page.getByRole("button", { name: "Stay" }).click();
    await name.focus();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").getByText("Leave without saving?").waitFor();
    await page.getByRole("button", { name: "Stay" }).click();
    await page.goBack();
    await page.getByRole("dialog").getByText("Leave without saving?").waitFor();
    await page.keyboard.press("Escape");
    expect((await name.inputValue()) === "not saved", "what was typed is gone");
    expect(new URL(page.url()).pathname === "/web/accounts/new/anthropic.api-key", `the address is ${page.url()}`);
  });

  await checks.check(
    "tests an account, says that it was changed since, and tests it again before it adds it",
    async () => {
      await page.getByRole("textbox", { name: "Name" }).fill(ACCOUNT);
      await page.getByLabel("Base URL").fill(upstream);
      await page.getByLabel("API key", { exact: true }).fill("sk-browser-test-1234");
      await page.getByText("Not tested yet: it is tested before it is added").waitFor();
      await page.getByRole("button", { name: "Test", exact: true }).click();
      await page.getByText("Nothing of this test is kept").waitFor();
      await shoot("account-tried");
      await page.getByLabel("API key", { exact: true }).fill("sk-browser-test-4321");
      await page.getByText("Changed since this test").waitFor();
      await page.locator("form").getByRole("button", { name: "Test and add" }).click();
      await page.getByRole("status").getByText("is added").waitFor();
      await section(page, "Accounts");
      await card(page).getByText("Untested", { exact: true }).waitFor();
      await shoot("accounts");
    },
  );

  await checks.check("pauses the account and uses it again", async () => {
    await choose(page, ACCOUNT, "Pause");
    await card(page).getByText("Paused").waitFor();
    await choose(page, ACCOUNT, "Resume");
    await card(page).getByText("Untested", { exact: true }).waitFor();
  });
}

export async function pauseChosen({ page, checks, shoot }: Walk): Promise<void> {
  await checks.check("pauses the accounts that are chosen, and takes it back", async () => {
    await section(page, "Accounts");
    await page.getByRole("checkbox", { name: `Choose ${ACCOUNT}` }).check();
    await page.getByText("1 selected").waitFor();
    await shoot("accounts-chosen");
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await card(page).getByText("Paused", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await card(page).getByText("Untested", { exact: true }).waitFor();
  });
}

export async function findWithKeyboard({ page, checks, shoot }: Walk): Promise<void> {
  await checks.check("finds pages, keys and actions by the keyboard alone", async () => {
    await section(page, "Requests");
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").getByRole("combobox").waitFor();
    await page.keyboard.type(KEY);
    await page.getByRole("dialog").getByRole("option", { name: KEY }).waitFor();
    await shoot("palette");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: KEY }).waitFor();
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").getByRole("combobox").fill("prices");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Prices", exact: true }).waitFor();
  });

  await checks.check("keeps the theme that was chosen over a reload, from the first paint on", async () => {
    await page.getByRole("button", { name: "View" }).click();
    await page.getByRole("button", { name: "Dark" }).click();
    const theme = () => page.locator("html").getAttribute("data-theme");
    expect((await theme()) === "dark", "it is not dark");
    await page.route("**/assets/*.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
    await page.reload();
    expect((await theme()) === "dark", "it is dark only once the console's code has run");
    await page.unroute("**/assets/*.js");
    await page.reload();
    await page.getByRole("button", { name: "View" }).click();
    await page.getByRole("button", { name: "System" }).click();
    expect((await theme()) === "light", "it does not follow the system");
  });
}

export async function leave({ page, watch, checks, origin, username, password, shoot }: Walk): Promise<void> {
  await checks.check("deletes the account", async () => {
    await section(page, "Accounts");
    await choose(page, ACCOUNT, "Delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("status").getByText("is deleted").waitFor();
    await shoot("account-deleted");
  });

  await checks.check("says so when the session has ended, and goes on where it was", async () => {
    await section(page, "Requests");
    await page.context().clearCookies();
    await page.getByText("Your session has ended").waitFor();
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
  });

  await checks.check("speaks Chinese to whoever chooses it, from the first word on", async () => {
    await page.getByRole("button", { name: "View" }).click();
    await page.getByRole("button", { name: "简体中文" }).click();
    await page.getByRole("heading", { name: "请求", exact: true }).waitFor();
    expect(
      (await page.locator("html").getAttribute("lang")) === "zh-CN",
      "the page says that it is in another language",
    );
    await shoot("requests-chinese");
    await page.reload();
    await page.getByRole("heading", { name: "请求", exact: true }).waitFor();
    await page.getByRole("button", { name: "显示", exact: true }).click();
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
  });

  await checks.check("says that there is no such page", async () => {
    const response = await page.goto(`${origin}/web/nowhere/at/all`);
    expect((response?.headers()["content-security-policy"] ?? "").includes("default-src 'none'"), "it has no policy");
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await page.getByRole("link", { name: "Go to the overview" }).click();
    await page.getByRole("heading", { name: "Overview", exact: true }).waitFor();
  });

  await checks.check("signs out, and asks nothing more", async () => {
    await page.getByRole("button", { name: "Signed in as" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Username").waitFor();
    const before = watch.asked.length;
    await page.waitForTimeout(4_000);
    expect(watch.asked.length === before, `asked for ${watch.asked.slice(before).join(", ")}`);
    await page.reload();
    await page.getByLabel("Username").waitFor();
  });
}

export const SECTIONS = [
  "Overview",
  "Requests",
  "Keys",
  "Accounts",
  "Groups",
  "Aliases",
  "Templates",
  "Prices",
  "Alerts",
  "Audit",
  "Settings",
];

/** Opens every section, and fails if the page is wider than the window, or axe finds something. */
export async function fits({ page, checks, shoot }: Walk, name: string): Promise<void> {
  for (const title of SECTIONS) {
    await checks.check(`${title} fits the window, and axe finds nothing (${name})`, async () => {
      await section(page, title);
      await page.locator("main [role=status][aria-label]").first().waitFor({ state: "detached" });
      await sound(page);
      await shoot(`${name}-${title.toLowerCase()}`);
    });
  }
}

/** Checks that the page is not wider than its window and, as far as axe can tell, accessible. */
export async function sound(page: Page): Promise<void> {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(excess <= 0, `${excess} px too wide`);
  const found = await violations(page);
  expect(found.length === 0, found.join("; "));
}

/** By the rail, or on a phone by the tabs and what is behind the last of them. */
export async function section(page: Page, name: string): Promise<void> {
  const link = page.getByRole("link", { name, exact: true }).filter({ visible: true });
  if ((await link.count()) === 0) await page.getByRole("button", { name: "More", exact: true }).click();
  await link.first().click();
  await page.getByRole("heading", { name, exact: true, level: 1 }).waitFor();
}

/** Chooses an action on a row or a card, behind its button. */
export async function choose(
  page: Page,
  of: string,
  action: string,
  role: "button" | "link" = "button",
): Promise<void> {
  await page.getByRole("button", { name: `Actions: ${of}` }).click();
  await page.getByRole(role, { name: `${action}: ${of}` }).click();
}

function card(page: Page) {
  return page.getByRole("listitem").filter({ hasText: ACCOUNT });
}
