/** The guided way to a first request: an account that is tested, a key, the lines of a client, and a page that turns green. */
import { expect } from "./checks.ts";
import { section, sound, type Walk } from "./walk.ts";
import { send } from "./walk-keys.ts";

const NAME = "somebody’s laptop";
const KEY_PATTERN = /cr_[0-9a-f]{64}/;
/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:9";
/** Longer than the page waits between two looks. */
const SEVERAL_LOOKS_MS = 8_000;

export async function setUpFirst({ page, watch, checks, origin, upstream, shoot }: Walk): Promise<void> {
  const key = () => page.getByRole("textbox", { name: "API key", exact: true });
  const progress = page.getByRole("list", { name: "How far it is" });
  const current = progress.locator('[aria-current="step"]');
  let secret = "";

  await checks.check("leads who has nothing yet to the first step", async () => {
    await page.getByRole("link", { name: "Set up a client" }).click();
    await page.getByRole("heading", { name: "Set up a client" }).waitFor();
    await current.getByText("Account", { exact: true }).waitFor();
    await page.getByText("Whose account is it?").waitFor();
    await everywhere("start-account");
  });

  await checks.check(
    "tests an account before it is added, and says what is wrong with one that does not work",
    async () => {
      await page.getByRole("link", { name: "Anthropic API key" }).click();
      await page.getByRole("textbox", { name: "Name" }).fill("first account");
      await page.getByLabel("Base URL").fill(NOWHERE);
      await key().fill("sk-first-run-1234");
      await page.getByRole("button", { name: "Test and add" }).click();
      await page.getByRole("alert").getByText("It does not work as it is").waitFor();
      await page.getByRole("button", { name: "Add it all the same" }).waitFor();
      await everywhere("start-account-form");
    },
  );

  await checks.check("adds an account that works, and goes on to the key, over a reload too", async () => {
    await page.getByLabel("Base URL").fill(upstream);
    await page.getByRole("button", { name: "Test and add" }).click();
    await current.getByText("Key", { exact: true }).waitFor();
    await page.reload();
    await current.getByText("Key", { exact: true }).waitFor();
    await progress.getByRole("link", { name: "Account" }).waitFor();
    await everywhere("start-key");
  });

  await checks.check("makes a key, and shows the lines of the client that is picked, ready to be copied", async () => {
    await page.getByRole("textbox", { name: "Name" }).fill(NAME);
    await page.getByLabel("Dollars a day").fill("5");
    await page.getByRole("button", { name: "Create key" }).click();
    await current.getByText("Client", { exact: true }).waitFor();
    await page.getByText(`ANTHROPIC_BASE_URL=${origin}/api`).waitFor();
    secret = KEY_PATTERN.exec((await page.getByRole("main").textContent()) ?? "")?.[0] ?? "";
    expect(secret !== "", "no key is shown");
    await page.getByRole("tab", { name: "curl" }).click();
    await page.getByRole("button", { name: "Copy: In a terminal" }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied.includes(`curl -N ${origin}/api/v1/messages`) && copied.includes(secret), `copied: ${copied}`);
    await page.getByText("Waiting for the first request").waitFor();
    await everywhere("start-client");
  });

  await checks.check("knows after a reload which client was picked, and shows the key only when asked", async () => {
    await page.reload();
    await page.getByRole("tab", { name: "curl", selected: true }).waitFor();
    await page.getByText("Waiting for the first request").waitFor();
    expect(!(await page.content()).includes(secret), "the key is in the page before it was asked for");
    expect(!page.url().includes("cr_"), `the address is ${page.url()}`);
    await page.getByRole("button", { name: "Show key" }).click();
    await page.getByText(secret, { exact: true }).waitFor();
  });

  await checks.check("turns green at the first request, and asks no more then", async () => {
    expect((await send(origin, secret)) === 200, "the request was refused");
    await page.getByText("The key works").waitFor({ timeout: 20_000 });
    expect((await progress.locator("li.done").count()) === 4, "some step is not done");
    const before = watch.polls;
    await page.waitForTimeout(SEVERAL_LOOKS_MS);
    expect(watch.polls === before, `${watch.polls - before} more looks`);
    await everywhere("start-green");
  });

  /** In both themes, on a desk and on a phone. */
  async function everywhere(name: string): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [on, width] of [
        ["desk", 1280],
        ["phone", 390],
      ] as const) {
        await page.setViewportSize({ width, height: 800 });
        await sound(page);
        await shoot(`${name}-${on}-${colorScheme}`);
      }
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 800 });
  }
}

export async function setUpAnother({ page, checks, origin, shoot }: Walk): Promise<void> {
  await checks.check(
    "sets up another client with a key that there is, and waits for a request of that one",
    async () => {
      await page.getByRole("link", { name: "Set up another client" }).click();
      await page.getByLabel("Which key is it for?").selectOption({ label: NAME });
      await page.getByRole("button", { name: "Use this key" }).click();
      await page.getByRole("tab", { name: "Codex" }).click();
      await page.getByText("Waiting for the first request").waitFor();
      await page.getByRole("button", { name: "Show key" }).click();
      const shown = await page.getByRole("main").getByText(KEY_PATTERN).first().textContent();
      const secret = KEY_PATTERN.exec(shown ?? "")?.[0] ?? "";
      await page.reload();
      await page.getByRole("tab", { name: "Codex", selected: true }).waitFor();
      await page.getByText("Waiting for the first request").waitFor();
      expect((await send(origin, secret)) === 200, "the request was refused");
      await page.getByText("The key works").waitFor({ timeout: 20_000 });
      await shoot("start-another");
    },
  );

  await checks.check("is found from the request log and by the keyboard, whenever another client comes", async () => {
    await section(page, "Requests");
    await page.getByRole("link", { name: "Set up a client" }).click();
    await page.getByRole("heading", { name: "A new key" }).waitFor();
    await section(page, "Overview");
    expect((await page.getByRole("link", { name: "Set up a client" }).count()) === 0, "the overview leads there still");
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").getByRole("combobox").fill("set up");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "A new key" }).waitFor();
  });
}
