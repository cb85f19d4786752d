/**
 * A channel of alerts: a webhook on loopback that checks the signature, tested before and after it is saved; quiet hours; and its
 * deletion.
 */
import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import { expect } from "./checks.ts";
import { choose, RUN, section, type Walk } from "./walk.ts";

const CHANNEL = `channel ${RUN}`;
const SECRET = "a-secret-of-the-webhook";

/** Accepts what is signed with the secret, and counts it. */
async function startHook(): Promise<{ server: Server; url: string; taken: string[] }> {
  const taken: string[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = Buffer.concat(pieces).toString();
      const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signature } = request.headers;
      const expected = `v1,${createHmac("sha256", SECRET).update(`${id}.${time}.${body}`).digest("base64")}`;
      if (signature === expected) taken.push(body);
      response.writeHead(signature === expected ? 204 : 401).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the webhook has no port");
  return { server, url: `http://127.0.0.1:${address.port}/alerts?team=1`, taken };
}

export async function manageAlerts({ page, checks, shoot }: Walk): Promise<void> {
  const { server, url, taken } = await startHook();
  try {
    await checks.check("tries a channel before it is saved, says what the service says, and saves it", async () => {
      await section(page, "Alerts");
      await page.getByRole("link", { name: "Create channel" }).first().click();
      await page.getByRole("textbox", { name: "Name" }).fill(CHANNEL);
      await page.getByLabel("Kind").selectOption({ label: "Telegram" });
      await page.getByLabel("Token of the bot").waitFor();
      await page.getByLabel("Kind").selectOption({ label: "Webhook, signed" });
      await page.getByLabel("Address of the webhook").fill(url);
      await page.getByLabel("Secret for the signature").fill("short");
      await page.getByRole("button", { name: "Send a test" }).click();
      await page.getByText("Does not look like one").waitFor();
      await page.getByLabel("Secret for the signature").fill("another-secret-of-16");
      await page.getByRole("button", { name: "Send a test" }).click();
      await page.getByText("It was not sent: 401").waitFor();
      await page.getByLabel("Secret for the signature").fill(SECRET);
      await page.getByRole("button", { name: "Send a test" }).click();
      await page.getByText("It has arrived, says the service.").waitFor();
      expect(taken.length === 1, `${taken.length} have arrived`);
      await page.getByLabel("The digest").uncheck();
      await shoot("alert-channel");
      await page.getByRole("button", { name: "Save" }).first().click();
      await page.getByRole("row", { name: CHANNEL }).getByText("18 kinds").waitFor();
    });

    await checks.check("tries a saved channel from its row, and shows no secret of it", async () => {
      await choose(page, CHANNEL, "Send a test");
      await page.getByRole("status").getByText("It has arrived").waitFor();
      expect(taken.length === 2, `${taken.length} have arrived`);
      await page.getByRole("link", { name: CHANNEL }).click();
      await page.getByLabel("Enter address and secrets anew").waitFor();
      const text = await page.content();
      expect(!text.includes(SECRET) && !text.includes("team=1"), "a secret is on the page");
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    });

    await checks.check("sets quiet hours and a budget, and asks for both times", async () => {
      await page.getByLabel("Quiet from").fill("22:00");
      await page.getByLabel("Budget of the relay a day").fill("25");
      const save = page.getByRole("button", { name: "Save" }).last();
      await save.click();
      await page.getByText("Enter both times").waitFor();
      await page.getByLabel("Quiet until").fill("08:00");
      await save.click();
      await page.getByRole("status").getByText("Saved").waitFor();
      await page.reload();
      await page.getByLabel("Quiet until").waitFor();
      expect((await page.getByLabel("Quiet until").inputValue()) === "08:00", "the hours are not kept");
      await page.getByLabel("Quiet from").fill("");
      await page.getByLabel("Quiet until").fill("");
      await page.getByLabel("Budget of the relay a day").fill("");
      await page.getByRole("button", { name: "Save" }).last().click();
      await page.getByRole("status").getByText("Saved").waitFor();
    });

    await checks.check("deletes the channel", async () => {
      await choose(page, CHANNEL, "Delete");
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.getByRole("row", { name: CHANNEL }).waitFor({ state: "detached" });
    });
  } finally {
    server.close();
  }
}
