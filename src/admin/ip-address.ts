/** IPv4 and IPv6 addresses and CIDR ranges as text: are they well-formed, and what number do they name? Pure. */

/** Strict dotted decimal (no octal, no short forms), as an unsigned 32-bit number; null where it is anything else. */
export function parseIpv4(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (!parts) return null;
  let address = 0;
  for (const part of parts) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith("0"))) return null;
    address = address * 256 + Number(part);
  }
  return address;
}

/** RFC 4291 text, with `::` and a dotted tail, without a zone; as an unsigned 128-bit number, or null. */
export function parseIpv6(text: string): bigint | null {
  const halves = withoutDottedTail(text)?.split("::");
  if (!halves || halves.length > 2) return null;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const groups = [...(head ?? []), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  // "::" stands for at least one group of zeros.
  if (tail ? groups.length > 7 : groups.length !== 8) return null;
  const zeros: string[] = new Array(8 - groups.length).fill("0");
  let address = 0n;
  for (const group of [...(head ?? []), ...zeros, ...(tail ?? [])]) address = (address << 16n) | BigInt(`0x${group}`);
  return address;
}

/** `203.0.113.7`, `2001:db8::1`, or either with a prefix length, such as `10.0.0.0/8`. */
export function isAddressOrRange(text: string): boolean {
  const parts = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text);
  if (!parts) return false;
  const [, address = "", prefix = "0"] = parts;
  if (parseIpv4(address) !== null) return Number(prefix) <= 32;
  return parseIpv6(address) !== null && Number(prefix) <= 128;
}

/** `::ffff:1.2.3.4` → `::ffff:102:304`; text without dots as it is. */
function withoutDottedTail(text: string): string | null {
  if (!text.includes(".")) return text;
  const colon = text.lastIndexOf(":");
  const dotted = parseIpv4(text.slice(colon + 1));
  if (colon < 0 || dotted === null) return null;
  return `${text.slice(0, colon + 1)}${(dotted >>> 16).toString(16)}:${(dotted & 0xffff).toString(16)}`;
}
