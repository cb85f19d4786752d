/** An account with a sign-in: the provider's page in a tab of its own, the code that it shows, and the error for a wrong code. */
import { startAuthorizationServer } from "./authorization-server.ts";
import { expect } from "./checks.ts";
import { choose, RUN, section, type Walk } from "./walk.ts";

const NAME = `subscription ${RUN}`;

/** The relay's `OAUTH_CLAUDE_…` settings must name a free origin on loopback, where the provider is played. */
export async function signInToProvider({ page, watch, checks, shoot }: Walk): Promise<void> {
  const code = page.getByLabel("Code", { exact: true });
  const link = page.getByRole("link", { name: "Open the provider’s page" });
  const add = page.getByRole("button", { name: "Add account" });
  const name = page.getByRole("textbox", { name: "Name" });
  let sent = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/admin/oauth/claude/finish")) sent += 1;
  });

  await checks.check("signs in to nobody before the provider's terms were acknowledged", async () => {
    await section(page, "Accounts");
    await page.getByRole("link", { name: "Add account" }).click();
    await page.getByRole("link", { name: "Claude Subscription, for Claude Code" }).click();
    await link.waitFor();
    await code.fill("pasted#code");
    await name.fill(NAME);
    await add.click();
    await page.getByText("Read the sentence, and tick the box").waitFor();
    expect(sent === 0, "the relay was asked all the same");
  });

  const provider = new URL((await link.getAttribute("href")) ?? "");
  if (provider.hostname !== "127.0.0.1") {
    await checks.check("signs in to a provider on loopback", async () =>
      expect(false, `the relay signs in at ${provider.origin}: start it with OAUTH_CLAUDE_AUTHORIZE_URL on 127.0.0.1`),
    );
    return;
  }
  const server = await startAuthorizationServer(provider.origin);
  watch.elsewhere.add(provider.host);

  /** What a person copies from the provider's page. */
  async function codeOfProvider(): Promise<string> {
    const [tab] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
    const shown = (await tab.locator("pre").textContent()) ?? "";
    await tab.close();
    return shown;
  }

  try {
    await checks.check(
      "says why a code is refused that the provider does not know, and that one begins anew",
      async () => {
        const [, state] = (await codeOfProvider()).split("#");
        await code.fill(`code-of-nobody#${state}`);
        await page.getByRole("checkbox", { name: "I have read" }).check();
        await add.click();
        await page.getByText("The provider does not take it: start again").waitFor();
        expect((await name.inputValue()) === NAME, "what was typed is gone");
        await shoot("account-sign-in-refused");
      },
    );

    await checks.check("lists the account once its code is pasted, and shows no token of it", async () => {
      const before = await link.getAttribute("href");
      await page.getByRole("button", { name: "Start again" }).click();
      await page.waitForFunction(
        (old) => ![...document.links].some(({ href }) => href === old) && document.querySelector("dialog form"),
        before,
      );
      await code.fill(await codeOfProvider());
      await name.fill(NAME);
      await page.getByRole("checkbox", { name: "I have read" }).check();
      await shoot("account-sign-in");
      await add.click();
      await page.getByRole("status").getByText("is added").waitFor();
      expect(!(await page.content()).includes("sk-ant-o"), "a token is in the page");
      await section(page, "Accounts");
      await page.getByRole("listitem").filter({ hasText: NAME }).getByText("Untested", { exact: true }).waitFor();
    });

    await checks.check("deletes the account that was signed in to", async () => {
      await choose(page, NAME, "Delete");
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.getByRole("listitem").filter({ hasText: NAME }).waitFor({ state: "detached" });
    });
  } finally {
    server.close();
  }
}
