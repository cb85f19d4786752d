/** The pages besides keys and accounts: groups, aliases, templates, the audit trail, settings. */
import { expect } from "./checks.ts";
import { ACCOUNT, choose, RUN, section, type Walk } from "./walk.ts";

const GROUP = `group ${RUN}`;
const ALIAS = `alias-${RUN}`;
const TEMPLATE = `template ${RUN}`;

export async function seeOverview({ page, checks, shoot }: Walk): Promise<void> {
  await checks.check("shows what was spent, hour by hour, by the keyboard too", async () => {
    await section(page, "Overview");
    await page.getByRole("heading", { name: "Most expensive keys" }).waitFor();
    await page.getByRole("group", { name: "Cost", exact: true }).focus();
    await page.keyboard.press("ArrowLeft");
    await page.getByText("Total", { exact: true }).waitFor();
    await shoot("overview");
    await page.getByRole("button", { name: "7 days" }).click();
    await page.waitForURL(/range=7d/);
    await page.getByRole("button", { name: "Account", exact: true }).click();
    await page.getByRole("button", { name: "Account", exact: true, pressed: true }).waitFor();
  });
}

export async function manageGroups({ page, checks, shoot }: Walk): Promise<void> {
  await checks.check("makes a group, and takes its deletion back", async () => {
    await section(page, "Groups");
    await page.getByRole("link", { name: "Create group" }).first().click();
    await page.getByRole("textbox", { name: "Name" }).fill(GROUP);
    await page.getByRole("checkbox", { name: ACCOUNT }).check();
    await shoot("group");
    await page.keyboard.press("ControlOrMeta+Enter");
    const row = page.getByRole("row", { name: GROUP });
    await row.getByText(ACCOUNT).waitFor();
    await choose(page, GROUP, "Delete");
    await row.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await row.getByText(ACCOUNT).waitFor();
  });
}

export async function editAccount({ page, checks, shoot }: Walk): Promise<void> {
  await checks.check(
    "takes an account out of a group, and asks for a gateway's address only where there is to be one",
    async () => {
      await section(page, "Accounts");
      await page.getByRole("link", { name: ACCOUNT }).click();
      await page.getByRole("link", { name: "Edit" }).click();
      await page.getByText("Share and limits", { exact: true }).click();
      await page.getByRole("checkbox", { name: GROUP }).uncheck();
      await page.getByText("How requests leave", { exact: true }).click();
      expect((await page.getByLabel("Address of the gateway").count()) < 1, "it is asked for without a gateway");
      await page.getByLabel("Way", { exact: true }).selectOption({ label: "Through a gateway of yours" });
      await page.getByLabel("Address of the gateway").fill("http://127.0.0.1:1/gateway");
      await shoot("account-edit");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("leads another way").waitFor();
      await page.getByLabel("Way", { exact: true }).selectOption({ label: "Straight to the base URL" });
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("status").getByText("Saved").waitFor();
      await section(page, "Groups");
      const row = page.getByRole("row", { name: GROUP });
      await row.waitFor();
      expect((await row.getByText(ACCOUNT).count()) < 1, "it is in the group still");
    },
  );
}

export async function manageAliases({ page, checks, shoot }: Walk): Promise<void> {
  await checks.check("makes an alias with a chain, and refuses a group that is not there", async () => {
    await section(page, "Aliases");
    await page.getByRole("link", { name: "Create alias" }).first().click();
    await page.getByRole("textbox", { name: "Name" }).fill(ALIAS);
    await page.getByLabel("Stands for").fill("claude-haiku-4-5 @ nobody");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("This does not exist").waitFor();
    await page.getByLabel("Stands for").fill(`claude-haiku-4-5 @ ${GROUP}\ngpt-5-mini`);
    await shoot("alias");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("row", { name: ALIAS }).getByText(`claude-haiku-4-5 @ ${GROUP} → gpt-5-mini`).waitFor();
    await choose(page, ALIAS, "Delete");
    await page.getByRole("row", { name: ALIAS }).waitFor({ state: "detached" });
  });

  await checks.check("deletes the group", async () => {
    await section(page, "Groups");
    await choose(page, GROUP, "Delete");
    await page.getByRole("row", { name: GROUP }).waitFor({ state: "detached" });
  });
}

export async function manageTemplates({ page, checks, shoot }: Walk): Promise<void> {
  await checks.check("makes a template, changes it, applies and deletes it", async () => {
    await section(page, "Templates");
    await page.getByRole("link", { name: "Create template" }).first().click();
    await page.getByRole("textbox", { name: "Name" }).fill(TEMPLATE);
    await page.getByText("Budgets", { exact: true }).click();
    await page.getByLabel("Dollars a day").fill("3");
    await page.getByRole("button", { name: "Save" }).click();
    const row = page.getByRole("row", { name: TEMPLATE });
    await row.getByText("Dollars a day").waitFor();
    await row.getByRole("link", { name: TEMPLATE }).click();
    await page.getByText("Budgets", { exact: true }).click();
    await page.getByLabel("Dollars a day").fill("");
    await page.getByLabel("Tokens in total").fill("1000");
    await shoot("template");
    await page.getByRole("button", { name: "Save" }).click();
    await row.getByText("Tokens in total", { exact: true }).waitFor();
    await choose(page, TEMPLATE, "Apply to its keys");
    await page.getByRole("dialog").getByRole("button", { name: "Apply to its keys" }).click();
    await page.getByText("is applied: 0 keys changed").waitFor();
    await choose(page, TEMPLATE, "Delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await row.waitFor({ state: "detached" });
  });
}

export async function readAudit({ page, checks, shoot }: Walk): Promise<void> {
  await checks.check("tells what was changed, from what to what", async () => {
    await section(page, "Audit");
    await page.getByLabel("What").selectOption({ label: "Templates" });
    await page.getByRole("row").filter({ hasText: "Template changed" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("cell", { name: "token_limit" }).waitFor();
    await shoot("audit");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(new URL(page.url()).search === "?action=template", `the address is ${page.url()}`);
  });
}

export async function changeSettings({ page, checks, shoot }: Walk): Promise<void> {
  await checks.check("changes which account serves, and back", async () => {
    await section(page, "Settings");
    await page.getByLabel("Strategy").selectOption({ label: "Random" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").getByText("Saved").waitFor();
    await page.reload();
    const strategy = page.getByLabel("Strategy");
    await strategy.waitFor();
    expect((await strategy.inputValue()) === "random", "it was not kept");
    await shoot("settings");
    await strategy.selectOption({ label: "Priority: the lowest number first" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").getByText("Saved").waitFor();
  });
}
