import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockData } from "../../../scripts/start/lock.ts";
import { freePort, portRefusal } from "../../../scripts/start/ports.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "edge-relay-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("what only one npm start may have", () => {
  it("refuses the data of another one, and has it once that one lets go", () => {
    const first = lockData(join(directory, "state"));
    if (!first.ok) throw new Error(first.refusal);
    expect(lockData(join(directory, "state"), 0)).toMatchObject({
      ok: false,
      refusal: expect.stringMatching(/^Another/),
    });
    first.value.close();
    const second = lockData(join(directory, "state"));
    expect(second.ok).toBe(true);
    if (second.ok) second.value.close();
  });

  it("refuses a port that is taken, and proposes the next", async () => {
    const port = await freePort();
    expect(await portRefusal(port)).toBeNull();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    expect(await portRefusal(port)).toMatch(new RegExp(`^Port ${port} is already in use.*PORT=${port + 1} npm start$`));
    await new Promise((resolve) => server.close(resolve));
  });
});
