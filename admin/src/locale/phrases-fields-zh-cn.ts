/**
 * The relay's English sentences about fields, in Simplified Chinese, for codes that say only that the value is wrong. A test checks that
 * every such sentence of the admin API's forms has one here.
 */

const ASCII = "只能是不含空格的可见 ASCII 字符";

export const FIELD_SENTENCES: Readonly<Record<string, string>> = {
  // Figures and times.
  "Invalid input": "不接受这样的值",
  "must be a whole number": "应为整数",
  "must be a decimal, as a string or a number": "应为小数，写成文本或数字",
  "must be a plain decimal such as 12.5": "应为普通小数，例如 12.5",
  "must not be negative": "不能为负",
  "has more decimals than we can keep exactly": "小数位太多，无法精确保存",
  "is too large": "太大",
  "must be at most 1000": "最多 1000",
  "must be a multiple of 5": "应为 5 的倍数",
  "must be an ISO 8601 time with a zone, such as 2027-01-31T00:00:00Z":
    "应为带时区的 ISO 8601 时间，例如 2027-01-31T00:00:00Z",
  "must be an ISO 8601 time with a zone": "应为带时区的 ISO 8601 时间",
  "must be a time such as 22:00": "应为时间，例如 22:00",
  "must have whole numbers, none of them below 0": "应为整数，且不小于 0",
  "must be more than 0: use null for no limit, or enabled: false to stop the key":
    "应大于 0：不限制请留空，要停用密钥请关闭它",
  "must be more than 0: use null for no quota, or schedulable: false to pause":
    "应大于 0：不设配额请留空，要暂停账号请关闭调度",
  // Keys and their rules.
  "must not hold control characters": "不能含控制字符",
  "must be an IPv4 or IPv6 address or CIDR range": "应为 IPv4、IPv6 地址或 CIDR 网段",
  "give activation_days or activation_hours, not both": "首次使用后的天数和小时数只能填一个",
  "give days or hours": "请填写天数或小时数",
  "needs rate_limit_window_minutes": "还需填写窗口的分钟数",
  "needs concurrency_limit: without one nobody waits": "还需填写并发上限：没有上限就无需排队",
  "is a key of this relay itself": "这是本中转自己的密钥",
  "must be 20 to 512 visible ASCII characters: a shorter one can be guessed":
    "应为 20 到 512 个可见 ASCII 字符：更短的可能被猜到",
  "is there twice": "重复",
  "has the id of a key that was not imported": "与一个不是导入的密钥同 ID",
  "must be 64 lower-case hexadecimal digits": "应为 64 位小写十六进制",
  "give digest or api_key": "请填写 digest 或 api_key",
  "must be the name of a relay": "应为中转服务的名称",
  // Addresses and headers.
  "is not a URL": "不是网址",
  "must start with https://": "须以 https:// 开头",
  "must not hold a username or password": "不能含用户名或密码",
  "must not hold a query or fragment": "不能含查询参数或片段",
  "must name a public host": "须为公网主机",
  "is not a header name": "不是请求头名称",
  "is a header that the relay itself sets or withholds": "此请求头由中转自己设置或保留",
  "is a header of the request itself, or one that the relay withholds": "此请求头属于请求本身，或由中转保留",
  "carries a credential, which belongs in api_key": "此请求头携带凭据，凭据应填在 API 密钥里",
  "must be visible ASCII, without line breaks or spaces at the ends": "只能是可见 ASCII 字符，不能换行，首尾不能有空格",
  "are for a gateway or a binding: the provider gets extra_headers":
    "只用于网关或绑定：给服务商的请求头填在附加请求头里",
  "must be the name of a binding": "应为绑定的名称",
  // Credentials.
  "must be visible ASCII characters without spaces": ASCII,
  "give api_key or api_keys, not both": "一个或多个 API 密钥只能填一处",
  "lists a key twice": "同一个密钥写了两次",
  "give api_key or an AWS access key, not both": "API 密钥和 AWS 访问密钥只能填一种",
  "must be an access key id, such as AKIA…: capital letters and digits": "应为访问密钥 ID，例如 AKIA…：大写字母和数字",
  "must be a region of AWS, such as us-east-1": "应为 AWS 区域，例如 us-east-1",
  "is stored with the key: give the key in the same request": "它与密钥一起保存：请同时填写密钥",
  "is required with the other fields of an access key": "填写访问密钥的其他各项时也要填写此项",
  "is required with aws_access_key_id": "填写访问密钥 ID 时也要填写此项",
  "is required: an access key that begins with ASIA is a temporary one": "须填写：以 ASIA 开头的是临时访问密钥",
  "is required, such as us-east-1": "须填写，例如 us-east-1",
  "must be a location of Vertex AI, such as us-east5 or global": "应为 Vertex AI 的位置，例如 us-east5 或 global",
  "is stored with the key: give service_account in the same request": "它与密钥一起保存：请同时填写服务账号",
  "is required, such as us-east5 or global": "须填写，例如 us-east5 或 global",
  "is not the JSON key file of a service account": "不是服务账号的 JSON 密钥文件",
  "names no project": "其中没有项目",
  "must be a project's id, such as my-project-123, and not its number":
    "应为项目 ID，例如 my-project-123，而不是项目编号",
  "is for accounts that are signed in to Google": "只用于登录 Google 的账号",
  "is not a version of this provider's API": "不是此服务商 API 的版本",
  "must be letters, digits, `.`, `-` and `_`": "只能用字母、数字、点、连字符和下划线",
  // Signing in.
  "give oauth or credentials_file, not both": "登录令牌和凭据文件只能填一种",
  "is not the credentials file of this kind's client": "不是这类账号的客户端的凭据文件",
  "has no refresh token, so it could not be renewed": "没有刷新令牌，无法续期",
  "is not needed: the code is entered at the provider's page": "无需填写：代码在服务商的页面上输入",
  "is required (or callback_url)": "须填写（或填写回调地址）",
  "holds no code": "其中没有代码",
  "has no state: paste the whole address": "没有 state：请粘贴完整地址",
  "belongs to another sign-in: start again": "属于另一次登录：请重新开始",
  "was used, has expired, or was never begun: start again": "已用过、已过期或从未开始：请重新开始",
  "the provider does not take it: start again": "服务商不接受：请重新开始",
  "is signed in to: save the account, and test it then": "这是登录的账号：请先保存，再检查",
  "leads another way: give api_key or api_keys (or sign in again) in the same request, because the stored keys are sealed for where they went until now":
    "改变了去向：已存的密钥只为原来的去向加密，请同时填写密钥（或重新登录）",
  // Models, groups, aliases and channels.
  "may have one * on the right if there is one on the left": "左边有 * 时右边才可以有一个 *",
  "a * needs one in the name, and no more": "名称里有 * 时才可以有一个 *",
  "must be the name of a parameter": "应为参数名称",
  "is a member that the relay itself writes": "此参数由中转自己填写",
  "must be the place of a key in api_keys, from 0": "应为密钥在列表中的位置，从 0 开始",
  "has no known price": "没有已知的价格",
  "is not a next_cursor of this call": "不是此操作给出的 next_cursor",
  "is not a next_cursor of this template": "不是此模板给出的 next_cursor",
  "is not a next_cursor of this list": "不是此列表给出的 next_cursor",
  "names no account": "没有这个账号",
  "names no group": "没有这个分组",
  "names no template": "没有这个模板",
  "names nothing that there is": "指定的对象不存在",
  "there is no such account": "没有这个账号",
  "is required": "须填写",
  "is missing": "须填写",
  "is no field of this type": "这类渠道没有此项",
  "does not look like one": "看起来不像",
  "is wrong": "不正确",
};

/** The same with figures and names in them. */
export const FIELD_PATTERNS: readonly (readonly [english: RegExp, chinese: (...parts: string[]) => string])[] = [
  [/^must be at most (\S+) USD per million tokens$/, (most) => `每百万 token 最多 ${most} 美元`],
  [/^must be at most (\S+) USD per thousand searches$/, (most) => `每千次搜索最多 ${most} 美元`],
  [/^must be at most (\S+) USD$/, (most) => `最多 ${most} 美元`],
  [/^must be at most (\d+) names$/, (most) => `最多 ${most} 个名称`],
  [/^at most (\d+) (?:headers|members)$/, (most) => `最多 ${most} 项`],
  [/^a key has at most (\d+) tags$/, (most) => `一个密钥最多 ${most} 个标签`],
  [/^is required \(or (\S+)\)$/, (other) => `须填写（或填写 ${other}）`],
  [/^is of another kind: (.+)$/, (kind) => `是另一类账号：${kind}`],
  [/^is not supported; supported are: (.+)$/, (kinds) => `不支持；支持的有：${kinds}`],
  [/^the provider said no: (.*)$/, (why) => `服务商拒绝了：${why}`],
  [
    /^is required: Google names no project for this account(?: \(its tier is (.+)\))?$/,
    (tier) => `须填写：Google 没有给出此账号的项目${tier === "" ? "" : `（等级为 ${tier}）`}`,
  ],
];
