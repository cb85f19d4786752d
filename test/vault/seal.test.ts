import { describe, expect, test } from "vitest";
import { open, seal } from "../../src/vault/seal.ts";

const OLD = "old-encryption-key-0123456789abcdef0123456789";
const NEW = "new-encryption-key-0123456789abcdef0123456789";

describe("sealed values", () => {
  test("open in their own place, and differ each time they are sealed", async () => {
    const sealed = await seal("sk-secret-✓", "credentials", "acc_1/0", NEW);
    expect(await open(sealed, "credentials", "acc_1/0", NEW)).toBe("sk-secret-✓");
    expect(sealed).not.toContain("secret");
    expect(await seal("sk-secret-✓", "credentials", "acc_1/0", NEW)).not.toBe(sealed);
  });

  test.each([
    ["another row", "credentials", "acc_2/0"],
    ["another table", "api_keys", "acc_1/0"],
  ])("do not open in %s", async (_, table, row) => {
    const sealed = await seal("sk-secret", "credentials", "acc_1/0", NEW);
    await expect(open(sealed, table, row, NEW)).rejects.toThrow();
  });

  test("altered anywhere, they are an error and never the raw bytes", async () => {
    const sealed = await seal("sk-secret", "credentials", "acc_1/0", NEW);
    for (const altered of [sealed.slice(0, -2), `${sealed}AA`, sealed.replace("v1", "v2"), "sk-secret", ""]) {
      await expect(open(altered, "credentials", "acc_1/0", NEW)).rejects.toThrow();
    }
  });

  test("sealed under an old key they open while it is listed", async () => {
    const sealed = await seal("sk-secret", "credentials", "acc_1/0", OLD);
    expect(await open(sealed, "credentials", "acc_1/0", `${NEW},${OLD}`)).toBe("sk-secret");
    await expect(open(sealed, "credentials", "acc_1/0", NEW)).rejects.toThrow("not configured");
  });
});
