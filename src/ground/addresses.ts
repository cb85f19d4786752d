/**
 * IP addresses and CIDR ranges, v4 and v6, as numbers. An IPv4-mapped IPv6 address (`::ffff:1.2.3.4`) is the IPv4
 * address it carries, so that a rule holds whichever way the platform writes it.
 */

interface Address {
  bits: 32 | 128;
  value: bigint;
}

/** Whether `ip` lies in `range` (an address or `address/prefix`). False for anything that does not parse. */
export function inRange(ip: string, range: string): boolean {
  const address = parseAddress(ip);
  const parsed = parseRange(range);
  if (!address || !parsed || address.bits !== parsed.base.bits) return false;
  const shift = BigInt(parsed.base.bits - parsed.prefix);
  return address.value >> shift === parsed.base.value >> shift;
}

/**
 * The network of an address, as text to count by: an IPv4 address, however it is written, or the /64 of an IPv6 address,
 * which is the least that a customer is given. A text that does not parse stays as it is.
 */
export function networkOf(ip: string): string {
  const address = parseAddress(ip);
  if (!address) return ip;
  return address.bits === 32 ? `v4/${address.value.toString(16)}` : `v6/${(address.value >> 64n).toString(16)}`;
}

export function isAddress(text: string): boolean {
  return parseAddress(text) !== null;
}

/** Whether a string is an address or a CIDR range. */
export function isRange(range: string): boolean {
  return parseRange(range) !== null;
}

function parseRange(range: string): { base: Address; prefix: number } | null {
  const [text = "", prefixText, ...rest] = range.trim().split("/");
  const base = parseAddress(text);
  if (!base || rest.length > 0) return null;
  if (prefixText === undefined) return { base, prefix: base.bits };
  if (!/^\d{1,3}$/.test(prefixText)) return null;
  // `::ffff:10.0.0.0/104` means the IPv4 range of prefix 104 - 96.
  const prefix = Number(prefixText) - (base.bits === 32 && text.includes(":") ? 96 : 0);
  return prefix >= 0 && prefix <= base.bits ? { base, prefix } : null;
}

function parseAddress(text: string): Address | null {
  if (!text.includes(":")) {
    const value = parseV4(text);
    return value === null ? null : { bits: 32, value };
  }
  const value = parseV6(text.split("%")[0] ?? "");
  if (value === null) return null;
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

function parseV4(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseV6(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")).flatMap(groupsOf));
  const [head = [], tail = []] = groups;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  let value = 0n;
  for (const group of [...head, ...Array<string>(Math.max(0, missing)).fill("0"), ...tail]) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return null;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return value;
}

/** A dotted tail (`::ffff:1.2.3.4`) stands for two groups. If it is no IPv4 address, it stays as it is, and fails as a group. */
function groupsOf(group: string): string[] {
  if (!group.includes(".")) return [group];
  const value = parseV4(group);
  return value === null ? [group] : [(value >> 16n).toString(16), (value & 0xffffn).toString(16)];
}
