/** Clients connected by the command line to a real relay: what is written, tried out, and put back. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CLIENTS } from "../../scripts/relay/connect/clients/clients.ts";
import { freePort } from "../../scripts/start/ports.ts";
import { CommandLine } from "./command-line.ts";
import { wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
let line: CommandLine;
let key: string;

beforeAll(() => relay.start());
afterAll(() => relay.stop());
beforeEach(async () => {
  line = new CommandLine({ EDGE_RELAY_URL: relay.url });
  key = (await relay.makeKey()).api_key;
  relay.upstream.behave({ headers: { "content-type": "application/json" }, chunks: [wholeMessage("ok")] });
});
afterEach(() => line.dispose());

const at = (path: string) => join(line.home, path);
const read = (path: string) => readFileSync(at(path), "utf8");
const modeOf = (path: string) => statSync(at(path)).mode & 0o777;
function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
  chmodSync(at(path), mode);
}
/** Every file in the home, by its path. */
const home = () =>
  readdirSync(line.home, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(at(path)).isFile() && !path.startsWith(".config/edge-relay"))
    .sort();
/** Where nobody listens. */
const nobody = async () => `http://127.0.0.1:${await freePort()}`;
const withKey = () => ({ env: { EDGE_RELAY_KEY: key } });

const CLAUDE = ".claude/settings.json";
const CONNECTED = CLIENTS.filter(({ connects }) => connects?.keySources.includes("file"));

describe("a client that has no settings yet", () => {
  it.each(CONNECTED.map(({ id }) => id))(
    "%s gets a file for its owner alone, and none is left afterwards",
    async (id) => {
      const done = await line.run(["connect", id, "--no-trial"], withKey());
      expect(done).toMatchObject({ code: 0, out: expect.stringContaining(`is connected to ${relay.url}`) });
      const files = home();
      expect(files.length).toBeGreaterThan(0);
      const written = files.map(read).join("\n");
      expect(written).toContain(key);
      expect(written).toContain(relay.url);
      for (const path of files) expect(modeOf(path)).toBe(0o600);
      expect(done.out + done.err).not.toContain(key);

      expect(await line.run(["disconnect", id])).toMatchObject({ code: 0 });
      expect(readdirSync(line.home)).toEqual([".config"]);
      expect(readdirSync(at(".config/edge-relay"))).toEqual([]);
    },
  );
});

describe("Claude Code's settings", () => {
  const OWN = `\uFEFF{
  "theme": "dark",
  "env": {
    "ANTHROPIC_API_KEY": "sk-ant-own",
      "EDITOR": "vi"
  },
  "permissions": { "allow": ["Bash(ls:*)"] }
}
`;

  it.each([
    ["comments", '{ // mine\n  "theme": "dark" }\n'],
    ["a comma at the end", '{ "theme": "dark", }\n'],
  ])("with %s, which it does not read itself, are refused and stay", async (_, text) => {
    put(CLAUDE, text);
    const done = await line.run(["connect", "claude"], withKey());
    expect(done).toMatchObject({ code: 1, err: expect.stringContaining("the client reads nothing of such a file") });
    expect(read(CLAUDE)).toBe(text);
  });

  it("lose a model that would go before the one that is asked for, until they are put back", async () => {
    put(CLAUDE, '{ "env": { "ANTHROPIC_MODEL": "claude-own" } }\n');
    await line.run(["connect", "claude", "--no-trial", "--model", "claude-wanted"], withKey());
    expect(JSON.parse(read(CLAUDE))).toMatchObject({
      model: "claude-wanted",
      env: expect.not.objectContaining({ ANTHROPIC_MODEL: "claude-own" }),
    });
    await line.run(["disconnect", "claude"]);
    expect(read(CLAUDE)).toBe('{ "env": { "ANTHROPIC_MODEL": "claude-own" } }\n');
  });

  it("are to the byte and the mode what they were, after two connections with two keys", async () => {
    put(CLAUDE, OWN);
    await line.run(["connect", "claude", "--no-trial", "--status-line"], withKey());
    expect(read(CLAUDE)).toContain(`"ANTHROPIC_AUTH_TOKEN": "${key}"`);
    expect(read(CLAUDE)).not.toContain("sk-ant-own");
    expect(modeOf(CLAUDE)).toBe(0o600);
    key = (await relay.makeKey()).api_key;
    expect(await line.run(["connect", "claude"], withKey())).toMatchObject({ code: 0 });
    expect(read(CLAUDE)).toContain(key);
    expect(await line.run(["disconnect", "claude"])).toMatchObject({
      code: 0,
      out: expect.stringContaining("as it was"),
    });
    expect(read(CLAUDE)).toBe(OWN);
    expect(modeOf(CLAUDE)).toBe(0o644);
  });

  it("keep what was changed in between, lose ours, and get back what we had replaced", async () => {
    put(CLAUDE, OWN);
    await line.run(["connect", "claude", "--no-trial", "--status-line"], withKey());
    const edit = (text: string) =>
      text.replace('"dark"', '"light"').replace('["Bash(ls:*)"] }', '["Bash(ls:*)", "Read"] }').replace('"vi"', '"ed"');
    put(CLAUDE, edit(read(CLAUDE)));
    const done = await line.run(["disconnect", "claude"]);
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining("what else was changed stays") });
    expect(read(CLAUDE)).toBe(edit(OWN));
  });

  it("are left to whoever has changed our own values, who is told", async () => {
    await line.run(["connect", "claude", "--no-trial"], withKey());
    put(CLAUDE, read(CLAUDE).replace(`${relay.url}/api`, "https://elsewhere.example"));
    const done = await line.run(["disconnect", "claude"]);
    expect(done.out).toContain("env.ANTHROPIC_BASE_URL was changed since");
    expect(JSON.parse(read(CLAUDE))).toEqual({ env: { ANTHROPIC_BASE_URL: "https://elsewhere.example" } });
  });

  it("behind a link are changed where they lie, and the link stays", async () => {
    put("dotfiles/claude.json", "{}\n");
    mkdirSync(at(".claude"));
    symlinkSync(at("dotfiles/claude.json"), at(CLAUDE));
    await line.run(["connect", "claude", "--no-trial"], withKey());
    expect(read("dotfiles/claude.json")).toContain(key);
    await line.run(["disconnect", "claude"]);
    expect(read("dotfiles/claude.json")).toBe("{}\n");
    expect(read(CLAUDE)).toBe("{}\n");
  });

  it("behind a link that leads to nothing yet are made where it leads, and gone again afterwards; the link stays", async () => {
    mkdirSync(at(".claude"));
    mkdirSync(at("dotfiles"));
    symlinkSync("../dotfiles/claude.json", at(CLAUDE));
    await line.run(["connect", "claude", "--no-trial"], withKey());
    expect(read("dotfiles/claude.json")).toContain(key);
    await line.run(["disconnect", "claude"]);
    expect(readdirSync(at("dotfiles"))).toEqual([]);
    expect(readlinkSync(at(CLAUDE))).toBe("../dotfiles/claude.json");
  });

  it("are found where CLAUDE_CONFIG_DIR says", async () => {
    await line.run(["connect", "claude", "--no-trial"], {
      env: { ...withKey().env, CLAUDE_CONFIG_DIR: at("elsewhere") },
    });
    expect(read("elsewhere/settings.json")).toContain(key);
  });
});

describe("before anything is written", () => {
  it("the relay is asked in the client's own format, and says who answered", async () => {
    const { trial } = await line.json<{ trial: object }>("connect", "claude", "--key", key);
    expect(trial).toMatchObject({ status: 200, refused: null, model: expect.stringMatching(/^claude-/) });
    expect(relay.upstream.received.at(-1)?.url).toMatch(/^\/v1\/messages/);
  });

  it.each([
    ["a key that the relay has not issued", async () => ["--key", `cr_${"0".repeat(64)}`], 1, "does not take this key"],
    ["what is no key", async () => ["--key", "short"], 2, "not a relay key"],
    ["a relay that is away", async () => ["--key", key, "--url", await nobody()], 4, "Nobody listens"],
    ["a client that nobody knows", async () => ["--key", key, "--model", "x"], 2, "There is no client"],
  ] as const)("%s is refused, and nothing is", async (_name, options, code, words) => {
    const client = words.startsWith("There is no client") ? "claud" : "claude";
    const done = await line.run(["connect", client, ...(await options())]);
    expect(done).toMatchObject({ code, err: expect.stringContaining(words) });
    expect(home()).toEqual([]);
    expect(existsSync(at(".config/edge-relay/connections.json"))).toBe(false);
  });

  it("a file that is not what it should be is refused with its line, and no request is made", async () => {
    put(CLAUDE, '{\n  "env": {,}\n}\n');
    const before = relay.upstream.received.length;
    const done = await line.run(["connect", "claude"], withKey());
    expect(done).toMatchObject({ code: 1, err: expect.stringContaining(`${at(CLAUDE)}, line 2`) });
    expect(read(CLAUDE)).toBe('{\n  "env": {,}\n}\n');
    expect(relay.upstream.received).toHaveLength(before);
  });

  it("a second of two files that cannot be written leaves the first as it was", async () => {
    put(".gemini/.env", "OWN=1\n");
    // Where the draft of the second one would be.
    mkdirSync(at(`.gemini/settings.json.${process.pid}.new`));
    const done = await line.run(["connect", "gemini", "--no-trial"], withKey());
    expect(done).toMatchObject({ code: 1, err: expect.stringContaining("settings.json cannot be written") });
    expect(read(".gemini/.env")).toBe("OWN=1\n");
    expect((await line.run(["connect", "--list"])).out).not.toContain(relay.url);
  });
});

it("a relay that has no account for the model takes the key all the same, and its words are shown", async () => {
  relay.upstream.behave({
    status: 400,
    headers: { "content-type": "application/json" },
    chunks: ['{"error":{"message":"too bad"}}'],
  });
  const done = await line.run(["connect", "claude"], withKey());
  expect(done).toMatchObject({
    code: 0,
    out: expect.stringContaining("the relay takes the key, but did not answer for claude-"),
  });
  expect(read(CLAUDE)).toContain(key);
});

it("Gemini CLI's settings keep their comments, and are refused with a comma at the end, which it does not read", async () => {
  const own = '// mine\n{ "ui": { "theme": "http://x" /* y */ } }\n';
  put(".gemini/settings.json", own);
  await line.run(["connect", "gemini", "--no-trial"], withKey());
  expect(read(".gemini/settings.json")).toContain("// mine");
  await line.run(["disconnect", "gemini"]);
  expect(read(".gemini/settings.json")).toBe(own);
  put(".gemini/settings.json", '{ "ui": {}, }\n');
  const done = await line.run(["connect", "gemini", "--no-trial"], withKey());
  expect(done).toMatchObject({
    code: 1,
    err: expect.stringContaining("settings.json has a comma at the end of a list"),
  });
  expect(home()).toEqual([".gemini/settings.json"]);
});

it("variables of the shell that would lead a client past the relay are named", async () => {
  const shell = {
    CLAUDE_CODE_USE_BEDROCK: "1",
    GEMINI_API_KEY: "AIza-own",
    GOOGLE_GEMINI_BASE_URL: `${relay.url}/gemini`,
  };
  const env = { ...withKey().env, ...shell };
  const claude = await line.run(["connect", "claude", "--no-trial"], { env });
  expect(claude).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^CLAUDE_CODE_USE_BEDROCK is set in your environment.*\n$/),
  });
  const gemini = await line.run(["connect", "gemini", "--no-trial"], { env });
  expect(gemini).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^GEMINI_API_KEY is set in your environment.*\n$/),
  });
  expect(gemini.err).not.toContain("AIza-own");
});

describe("the key", () => {
  it("can stay in a variable, which the file then names", async () => {
    await line.run(["connect", "codex", "--no-trial", "--key-env", "MY_KEY"], { env: { MY_KEY: key } });
    expect(read(".codex/config.toml")).toContain('env_key = "MY_KEY"');
    expect(read(".codex/config.toml")).not.toContain(key);
    await line.run(["connect", "opencode", "--no-trial", "--key-env", "MY_KEY"], { env: { MY_KEY: key } });
    expect(read(".config/opencode/opencode.jsonc")).toContain("{env:MY_KEY}");
  });

  it("can come from a command each time, by which it is tried out", async () => {
    const done = await line.run(["connect", "claude", "--key-command", `echo ${key}`]);
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining("answered in") });
    expect(JSON.parse(read(CLAUDE))).toMatchObject({
      apiKeyHelper: `echo ${key}`,
      env: { ANTHROPIC_BASE_URL: `${relay.url}/api` },
    });
    expect(await line.run(["connect", "droid", "--key-command", "true"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("Droid takes its key from its file only"),
    });
  });

  it("comes through a pipe, or is made anew by whoever may", async () => {
    expect(await line.run(["connect", "claude", "--key-stdin"], { stdin: `${key}\n` })).toMatchObject({ code: 0 });
    const admin = new CommandLine();
    expect(await admin.run(["connect", "claude", "--new-key", "laptop"])).toMatchObject({ code: 0 });
    const { items } = await relay.admin<{ items: { name: string }[] }>("GET", "/admin/api-keys?search=laptop");
    expect(items.map(({ name }) => name)).toEqual(["laptop"]);
    admin.dispose();
  });

  it("is taken back where it was made and the client cannot have it", async () => {
    const admin = new CommandLine();
    mkdirSync(join(admin.home, ".claude"), { recursive: true });
    writeFileSync(join(admin.home, CLAUDE), "{ no settings");
    expect(await admin.run(["connect", "claude", "--new-key", "phone"])).toMatchObject({ code: 1 });
    const { items } = await relay.admin<{ items: unknown[] }>("GET", "/admin/api-keys?search=phone");
    expect(items).toEqual([]);
    admin.dispose();
  });
});

it("the list says which client is connected to what, and which file has been changed since", async () => {
  await line.run(["connect", "gemini", "--no-trial"], withKey());
  put(".gemini/.env", `${read(".gemini/.env")}OWN=1\n`);
  const rows = await line.json<{ client: string; writes: boolean; connected: unknown }[]>("connect", "--list");
  expect(rows.find(({ client }) => client === "gemini")?.connected).toMatchObject({
    origin: relay.url,
    files: [{ state: "changed since" }, { state: "as written" }],
  });
  expect(rows.find(({ client }) => client === "cherry-studio")).toMatchObject({ writes: false, connected: null });
  expect((await line.run(["connect", "--list"])).out).toMatch(/^gemini +Gemini CLI +http/m);
});

it("where there is no file to write, what is to be entered is shown with the key", async () => {
  const done = await line.run(["connect", "cherry-studio"], withKey());
  expect(done).toMatchObject({ code: 0, out: expect.stringContaining(`${relay.url}/v1`) });
  expect(done.out).toContain(key);
  expect(await line.run(["disconnect", "cherry-studio"])).toMatchObject({ code: 2 });
  expect(await line.run(["disconnect", "claude"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("not connected"),
  });
});

describe("the status line", () => {
  const session = JSON.stringify({ model: { display_name: "Opus" } });
  const surroundings = (url: string, apiKey = key) => ({
    stdin: session,
    env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: apiKey, NO_COLOR: "1" },
  });

  it("tells what the key has spent and its limits", async () => {
    key = (await relay.makeKey({ daily_cost_limit_usd: "5", rate_limit_window_minutes: 60, rate_limit_requests: 1 }))
      .api_key;
    await (await relay.messages(key)).text();
    const { out } = await line.run(["statusline"], surroundings(`${relay.url}/api`));
    expect(out).toMatch(
      /^Opus · window full · week \$\d\.\d\d · today \$\d\.\d\d of \$5\.00 · window 1 req of 1 req \(\d+ min left\)\n$/,
    );
  });

  it("finds address and key in Claude Code's settings where the environment has none", async () => {
    await line.run(["connect", "claude", "--no-trial"], withKey());
    expect((await line.run(["statusline"], { stdin: session })).out).toMatch(/Opus .*today \$0\.00/);
  });

  it("is quiet where the relay is away, and says what it knew", async () => {
    expect(await line.run(["statusline"], surroundings(`${await nobody()}/api`))).toEqual({
      code: 0,
      out: "Opus\n",
      err: "",
    });
    expect(await line.run(["statusline"], { stdin: "" })).toEqual({ code: 0, out: "", err: "" });
    expect((await line.run(["statusline"], surroundings(relay.url, `cr_${"0".repeat(64)}`))).out).toBe("Opus\n");
  });

  it("asks the relay once for several lines, and keeps no key", async () => {
    const lines = [];
    for (let at = 0; at < 3; at++) {
      lines.push((await line.run(["statusline"], surroundings(`${relay.url}/api`))).out);
      if (at === 0) await relay.admin("PATCH", `/admin/api-keys/${(await keyRow()).id}`, { enabled: false });
    }
    expect(new Set(lines).size).toBe(1);
    const [cache = ""] = readdirSync(at(".cache/edge-relay"));
    expect(modeOf(`.cache/edge-relay/${cache}`)).toBe(0o600);
    expect(read(`.cache/edge-relay/${cache}`)).not.toContain(key);
  });

  async function keyRow(): Promise<{ id: string }> {
    const { items } = await relay.admin<{ items: { id: string; hint: string }[] }>("GET", "/admin/api-keys?limit=100");
    const row = items.find(({ hint }) => key.endsWith(hint.replace(/^\W+/, "")));
    if (!row) throw new Error("The key is in no list");
    return row;
  }
});
