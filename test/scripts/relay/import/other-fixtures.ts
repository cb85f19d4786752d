/** Exports of claude-proxy and ccx, sub2api, one-api and new-api, in the shapes of their own code. */
import { generateKeyPairSync } from "node:crypto";

/** backend-go/internal/config/config.go. */
export const CCX_CONFIG = {
  upstream: [
    {
      ...{ channelUid: "ch_0123456789ab", name: "Main", serviceType: "claude", baseUrl: "https://api.anthropic.com" },
      ...{ apiKeys: ["sk-ant-1", "sk-ant-2", "sk-ant-1"], priority: 1, status: "active" },
      customHeaders: { "X-Team": "a", Authorization: "Bearer x" },
    },
    {
      ...{
        name: "Relay",
        serviceType: "openai",
        baseUrl: "https://relay.example.com",
        priority: 2,
        status: "suspended",
      },
      ...{ baseUrls: ["https://relay.example.com", "https://backup.example.com/openai/v3"], apiKeys: ["sk-relay"] },
      ...{
        modelMapping: { opus: "gpt-5" },
        supportedModels: ["claude-*", "!*haiku*"],
        rateLimitMaxConcurrent: 5,
        rateLimitRpm: 60,
      },
      ...{
        responseHeaderTimeoutMs: 60_000,
        streamInactivityTimeoutMs: 20_000,
        insecureSkipVerify: true,
        routePrefix: "kimi",
      },
      ...{
        proxyUrl: "socks5://10.0.0.1:1080",
        disabledApiKeys: [{ key: "sk-dead", reason: "quota", message: "", disabledAt: "" }],
      },
      ...{ reasoningMapping: { high: "max" }, fastMode: true, lowQuality: false },
    },
    {
      name: "No keys",
      serviceType: "claude",
      baseUrl: "https://nokeys.example.com",
      apiKeys: [],
      priority: 3,
      status: "suspended",
    },
    {
      name: "Odd",
      serviceType: "claude",
      baseUrl: "https://odd.example.com/api#",
      apiKeys: ["k"],
      priority: 4,
      status: "active",
    },
  ],
  loadBalance: "round-robin",
  responsesUpstream: [
    {
      name: "Codex",
      serviceType: "responses",
      baseUrl: "https://codex.example.com/v1",
      apiKeys: ["sk-c"],
      priority: 0,
      status: "active",
    },
  ],
  responsesLoadBalance: "failover",
  geminiUpstream: [
    {
      ...{ name: "Google", serviceType: "gemini", baseUrl: "https://generativelanguage.googleapis.com/v1beta" },
      ...{ apiKeys: ["AIza"], priority: 0, status: "active" },
    },
  ],
  fuzzyModeEnabled: true,
};

/** v1.2.0, `.config/config.json`. */
export const OLD_CONFIG = {
  upstream: [
    { baseUrl: "https://one.example.com/v1", apiKeys: ["sk-1"], serviceType: "claude", name: "one" },
    {
      baseUrl: "https://generativelanguage.googleapis.com/v1beta",
      apiKeys: ["AIza"],
      serviceType: "gemini",
      name: "two",
    },
  ],
  currentUpstream: 1,
  loadBalance: "failover",
};

/** backend/internal/handler/admin/account_data.go, in the envelope of its API. */
export const SUB2API_EXPORT = {
  code: 0,
  message: "success",
  data: {
    ...{ exported_at: "2026-11-26T12:00:00Z" },
    proxies: [
      {
        proxy_key: "http|10.0.0.1|8080||",
        name: "p",
        protocol: "http",
        host: "10.0.0.1",
        port: 8080,
        status: "active",
      },
    ],
    accounts: [
      {
        ...account("Max", "anthropic", "oauth", { access_token: "a", refresh_token: "r", expires_at: 1_795_800_000 }),
        ...{ proxy_key: "http|10.0.0.1|8080||", concurrency: 3, rate_multiplier: 1.5, expires_at: 1_800_000_000 },
        extra: { crs_account_id: "1" },
      },
      account("Year", "anthropic", "setup-token", { access_token: "a" }),
      {
        ...account("Compatible", "anthropic", "apikey", {
          ...{
            api_key: "k",
            base_url: "https://compatible.example.com",
            model_mapping: { "claude-a": "glm-4.6", "claude-b": "claude-b" },
          },
        }),
        extra: { quota_limit: 10 },
      },
      account("Bedrock", "anthropic", "bedrock", {
        ...{
          auth_mode: "sigv4",
          aws_access_key_id: "AKIAIOSFODNN7EXAMPLE",
          aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG",
        },
        aws_region: "eu-central-1",
      }),
      account("ChatGPT", "openai", "oauth", { access_token: "a", refresh_token: "r", chatgpt_account_id: "c" }),
      account("OpenAI", "openai", "apikey", { api_key: "sk-1", base_url: "https://api.openai.com" }),
      account("Assist", "gemini", "oauth", { access_token: "a", refresh_token: "r", project_id: "my-project-1" }),
      account("Studio", "gemini", "apikey", { api_key: "AIza" }),
      account("Anti", "antigravity", "oauth", { access_token: "a", refresh_token: "r" }),
      account("Grok", "grok", "oauth", { access_token: "a", refresh_token: "r" }),
    ],
  },
};

function account(name: string, platform: string, type: string, credentials: object) {
  return { name, platform, type, credentials, concurrency: 0, priority: 50 };
}

/** `SELECT json_agg(k) FROM api_keys k` of its PostgreSQL. */
export const SUB2API_KEYS = [
  {
    ...{ id: 3, user_id: 1, group_id: 4, name: "Dora", key: "sk-0123456789abcdef0123456789abcdef", status: "active" },
    ...{
      quota: 50,
      quota_used: 12.5,
      expires_at: "2027-01-01T00:00:00Z",
      ip_whitelist: ["10.0.0.0/8"],
      ip_blacklist: null,
    },
    ...{ rate_limit_5h: 0, rate_limit_1d: 3, rate_limit_7d: 0, deleted_at: null },
  },
];

const channel = (id: number, type: number, name: string, more: object) => ({
  ...{
    id,
    type,
    key: `key-${id}`,
    status: 1,
    name,
    weight: 0,
    created_time: 1_700_000_000,
    base_url: "",
    other: "",
    balance: 0,
  },
  ...{ models: "", group: "default", used_quota: 0, model_mapping: "", priority: 0, config: "", system_prompt: "" },
  ...more,
});

/** model/channel.go of one-api. */
export const CHANNELS = [
  channel(1, 1, "OpenAI", { key: "sk-1\nsk-2\n", models: "gpt-4o,gpt-4o-mini", status: 2, group: "default,vip" }),
  channel(2, 14, "Claude", {
    models: "claude-3",
    model_mapping: '{"claude-3":"claude-sonnet-4-5"}',
    priority: 10,
    weight: 5,
  }),
  channel(3, 3, "Azure", {
    base_url: "https://me.openai.azure.com",
    other: "2024-10-21",
    models: "gpt-4o,gpt-3.5-turbo",
  }),
  channel(4, 36, "DeepSeek", { models: "deepseek-chat" }),
  channel(5, 33, "Bedrock", {
    config: '{"region":"us-east-1","ak":"AKIAIOSFODNN7EXAMPLE","sk":"wJalrXUtnFEMI/K7MDENG"}',
    models: "claude-3",
  }),
  channel(6, 40, "Ark", { models: "doubao-pro", group: "vip" }),
  channel(7, 50, "Own", { base_url: "https://own.example.com/v1", models: "own" }),
  channel(8, 15, "Baidu", { models: "ernie" }),
];

const token = (id: number, name: string, more: object) => ({
  ...{
    id,
    user_id: 1,
    key: `Jp3Vt8Qz1Wn6Xy5Rb0Lk7Mh2Gd9Fc4SaTeUiOvBwCxDyEz${String(id).padStart(2, "F")}`,
    status: 1,
    name,
  },
  ...{
    created_time: 1_700_000_000,
    accessed_time: 1_700_000_000,
    expired_time: -1,
    remain_quota: 0,
    unlimited_quota: true,
    used_quota: 0,
  },
  ...more,
});

/** model/token.go of one-api. */
export const TOKENS = [
  {
    ...token(1, "Erin", {
      remain_quota: 1_000_000,
      used_quota: 500_000,
      unlimited_quota: false,
      expired_time: 1_800_000_000,
    }),
    ...{ key: "Jp3Vt8Qz1Wn6Xy5Rb0Lk7Mh2Gd9Fc4SaTeUiOvBwCxDyEzFf", models: "gpt-4o", subnet: "192.168.0.0/24" },
  },
  token(2, "Free", { models: null, subnet: "" }),
  token(3, "Off", { status: 2 }),
];

/** `sqlite3 one-api.db .dump`. */
export const SQLITE_DUMP = `PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE \`channels\` (\`id\` integer,\`type\` integer DEFAULT 0,\`key\` text,\`status\` integer DEFAULT 1,\`name\` text,\`models\` text,\`group\` varchar(32) DEFAULT 'default, and (more)',\`model_mapping\` varchar(1024) DEFAULT '',PRIMARY KEY (\`id\`));
INSERT INTO channels VALUES(1,1,'sk-1
sk-2',1,'It''s; (one)','gpt-4o','default','');
CREATE TABLE \`tokens\` (\`id\` integer,\`user_id\` integer,\`key\` char(48),\`status\` integer,\`name\` text,\`expired_time\` bigint,\`remain_quota\` bigint,\`unlimited_quota\` numeric,\`used_quota\` bigint,PRIMARY KEY (\`id\`));
INSERT INTO tokens VALUES(1,1,'Jp3Vt8Qz1Wn6Xy5Rb0Lk7Mh2Gd9Fc4SaTeUiOvBwCxDyEzFf',1,'tok, en',-1,1000000,0,0);
COMMIT;
`;

/** `mysqldump`. */
export const MYSQL_DUMP = `CREATE TABLE \`channels\` (
  \`id\` bigint NOT NULL AUTO_INCREMENT,
  \`type\` bigint DEFAULT '0',
  \`key\` text,
  \`status\` bigint DEFAULT '1',
  \`name\` varchar(191) DEFAULT NULL,
  \`models\` longtext,
  PRIMARY KEY (\`id\`),
  KEY \`idx_channels_name\` (\`name\`)
) ENGINE=InnoDB;
INSERT INTO \`channels\` VALUES (1,1,'sk-1\\nsk-2',1,'It\\'s; (one)','gpt-4o');
INSERT INTO \`tokens\` (\`id\`, \`key\`, \`status\`, \`name\`, \`remain_quota\`, \`unlimited_quota\`) VALUES (1,'Jp3Vt8Qz1Wn6Xy5Rb0Lk7Mh2Gd9Fc4SaTeUiOvBwCxDyEzFf',1,'tok, en',1000000,0);
`;

/** `pg_dump`. */
export const PG_DUMP = `COPY public.channels (id, type, key, status, name, models, "group") FROM stdin;
1\t1\tsk-1\\nsk-2\t1\tIt's; (one)\tgpt-4o\t\\N
\\.

COPY public.tokens (id, key, status, name, remain_quota, unlimited_quota) FROM stdin;
1\tJp3Vt8Qz1Wn6Xy5Rb0Lk7Mh2Gd9Fc4SaTeUiOvBwCxDyEzFf\t1\ttok, en\t1000000\tf
\\.
`;

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
export const SERVICE_ACCOUNT = {
  ...{
    type: "service_account",
    project_id: "my-project-1",
    private_key_id: "abc123",
    client_email: "me@my-project-1.iam.gserviceaccount.com",
  },
  private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
};

const newChannel = (id: number, type: number, name: string, more: object) => ({
  ...channel(id, type, name, {}),
  ...{
    auto_ban: 1,
    tag: null,
    setting: "{}",
    settings: "",
    channel_info: { is_multi_key: false, multi_key_size: 0 },
    other_info: "",
  },
  ...more,
});

/** model/channel.go of new-api. */
export const NEW_API_CHANNELS = [
  newChannel(1, 48, "xAI", {
    ...{ key: "xai-1\nxai-2", models: "grok-4" },
    channel_info: { is_multi_key: true, multi_key_size: 2, multi_key_status_list: { 0: 3 }, multi_key_mode: "random" },
  }),
  newChannel(2, 33, "AWS", {
    key: "AKIAIOSFODNN7EXAMPLE|wJalrXUtnFEMI/K7MDENG|eu-west-1",
    models: "claude-sonnet-4-5",
  }),
  newChannel(3, 41, "Vertex", {
    key: JSON.stringify(SERVICE_ACCOUNT),
    other: '{"default":"us-east5"}',
    models: "claude-sonnet-4-5",
  }),
  newChannel(4, 57, "Codex", {
    key: '{"access_token":"a","refresh_token":"r","account_id":"c"}',
    models: "gpt-5-codex",
  }),
  newChannel(5, 8, "Custom", { base_url: "https://custom.example.com/v1/chat/completions", models: "own" }),
  newChannel(6, 2, "Midjourney", { models: "mj" }),
];

/** As sqlite3 3.40 and 3.50 write what has lines: an account of Vertex AI, two keys, mappings that somebody has typed. */
export const SQLITE_LINES_DUMP = String.raw`PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE ${"`channels`"} (${"`id`"} integer,${"`type`"} integer,${"`key`"} text,${"`name`"} text,${"`models`"} text,${"`model_mapping`"} text,${"`config`"} text,PRIMARY KEY (${"`id`"}));
INSERT INTO channels VALUES(1,1,replace('sk-1\nsk-2','\n',char(10)),'Many','gpt-4o, gpt-4o-mini',replace(replace('{\r\n "gpt-4": "gpt-4o"}','\r',char(13)),'\n',char(10)),NULL);
INSERT INTO channels VALUES(2,1,unistr('sk-3\u000ask-4'),'Newer','a','{"a\"b":"c"}',NULL);
INSERT INTO channels VALUES(3,42,'us-east5|p','Vertex','claude-sonnet-4-5','','${JSON.stringify({ region: "us-east5", vertex_ai_adc: JSON.stringify(SERVICE_ACCOUNT) })}');
COMMIT;
`;

/** model/token.go of new-api. */
export const NEW_API_TOKENS = [
  token(1, "Finn", {
    model_limits_enabled: true,
    model_limits: "gpt-5",
    allow_ips: "1.2.3.4\n5.6.7.8",
    group: "",
    deleted_at: null,
  }),
  token(2, "Gus", {
    model_limits_enabled: false,
    model_limits: "gpt-5",
    allow_ips: "",
    group: "auto",
    deleted_at: null,
  }),
  token(3, "Gone", { model_limits_enabled: false, model_limits: "", deleted_at: "2026-01-01T00:00:00Z" }),
];
