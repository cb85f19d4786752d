/** Signatures against AWS' published test suite (aws-sig-v4-test-suite), by the name of each of its cases. */
import { describe, expect, test } from "vitest";
import { signatureHeaders, type Unsigned } from "../../../src/providers/bedrock/sigv4.ts";

const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const SCOPE = { region: "us-east-1", service: "service" };
const NOW = Date.UTC(2015, 7, 30, 12, 36);
const UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const FORM = { "content-type": "application/x-www-form-urlencoded" };

type Case = [name: string, request: Partial<Unsigned> & { text?: string }, signed: string, signature: string];

const DATED = "host;x-amz-date";
const OWN = "host;my-header1;x-amz-date";
const CASES: Case[] = [
  ["get-vanilla", {}, DATED, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  [
    "get-header-key-duplicate",
    { headers: { "my-header1": "value2,value2,value1" } },
    OWN,
    "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
  ],
  [
    "get-header-value-multiline",
    { headers: { "my-header1": "value1,value2,value3" } },
    OWN,
    "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790",
  ],
  [
    "get-header-value-order",
    { headers: { "my-header1": "value4,value1,value3,value2" } },
    OWN,
    "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
  ],
  [
    "get-header-value-trim",
    { headers: { "my-header1": " value1", "my-header2": ' "a   b   c"' } },
    "host;my-header1;my-header2;x-amz-date",
    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  ],
  [
    "get-unreserved",
    { path: `/${UNRESERVED}` },
    DATED,
    "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  ],
  ["get-utf8", { path: "/ሴ" }, DATED, "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"],
  [
    "get-vanilla-empty-query-key",
    { query: { Param1: "value1" } },
    DATED,
    "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
  ],
  [
    "get-vanilla-query-order-key-case",
    { query: { Param2: "value2", Param1: "value1" } },
    DATED,
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
  [
    "get-vanilla-query-unreserved",
    { query: { [UNRESERVED]: UNRESERVED } },
    DATED,
    "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  ],
  [
    "get-vanilla-utf8-query",
    { query: { ሴ: "bar" } },
    DATED,
    "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
  ],
  ["post-vanilla", { method: "POST" }, DATED, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  [
    "post-header-key-sort",
    { method: "POST", headers: { "my-header1": "value1" } },
    OWN,
    "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
  ],
  [
    "post-header-value-case",
    { method: "POST", headers: { "my-header1": "VALUE1" } },
    OWN,
    "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
  ],
  [
    "post-vanilla-query",
    { method: "POST", query: { Param1: "value1" } },
    DATED,
    "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
  ],
  [
    "post-vanilla-query-nonunreserved",
    { method: "POST", query: { "@#$%^": "", "+": '/,?><`";:\\|][{}' } },
    DATED,
    "66c82657c86e26fb25238d0e69f011edc4c6df5ae71119d7cb98ed9b87393c1e",
  ],
  [
    "post-vanilla-query-space",
    { method: "POST", query: { p: "" } },
    DATED,
    "e71688addb58a26418614085fb730ba3faa623b461c17f48f2fbdb9361b94a9b",
  ],
  [
    "post-x-www-form-urlencoded",
    { method: "POST", headers: FORM, text: "Param1=value1" },
    "content-type;host;x-amz-date",
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  ],
  [
    "post-x-www-form-urlencoded-parameters",
    { method: "POST", headers: { "content-type": `${FORM["content-type"]}; charset=utf8` }, text: "Param1=value1" },
    "content-type;host;x-amz-date",
    "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
  ],
];

const GET = { method: "GET", host: "example.amazonaws.com", path: "/" };

describe("AWS' published test suite", () => {
  test.each(CASES)("%s", async (_, { text, ...request }, signed, signature) => {
    const body = text === undefined ? null : new TextEncoder().encode(text);
    const { authorization, ...others } = await signatureHeaders({ ...GET, ...request, body }, KEYS, SCOPE, NOW);
    expect(authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signed}, Signature=${signature}`,
    );
    expect(others).toEqual({ "x-amz-date": "20150830T123600Z" });
  });
});

test("the token of temporary keys goes along and is signed", async () => {
  const keys = { ...KEYS, sessionToken: "token" };
  const headers = await signatureHeaders({ ...GET, body: null }, keys, SCOPE, NOW);
  expect(headers["x-amz-security-token"]).toBe("token");
  expect(headers.authorization).toContain("SignedHeaders=host;x-amz-date;x-amz-security-token,");
});

test("what is encoded in the path is encoded once more, as every service but S3 has it", async () => {
  // The path of the suite's get-utf8, as a URL has it: another path for the signature.
  const encoded = await signatureHeaders({ ...GET, path: "/%E1%88%B4", body: null }, KEYS, SCOPE, NOW);
  const bare = await signatureHeaders({ ...GET, path: "/ሴ", body: null }, KEYS, SCOPE, NOW);
  expect(encoded.authorization).not.toBe(bare.authorization);
});

test("another day, region or secret signs with another key", async () => {
  const sign = (keys: typeof KEYS, region: string, now: number) =>
    signatureHeaders({ ...GET, body: null }, keys, { region, service: "bedrock" }, now);
  const first = await sign(KEYS, "us-east-1", NOW);
  expect(await sign(KEYS, "us-east-1", NOW)).toEqual(first);
  expect(await sign(KEYS, "eu-west-1", NOW)).not.toEqual(first);
  expect(await sign(KEYS, "us-east-1", NOW + 86_400_000)).not.toEqual(first);
  expect(await sign({ ...KEYS, secretAccessKey: "other" }, "us-east-1", NOW)).not.toEqual(first);
  expect(await sign(KEYS, "us-east-1", NOW)).toEqual(first);
});
