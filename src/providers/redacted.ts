/**
 * A provider's error as a client may see it: in its own words, but without the names by which the provider identifies the account. What
 * a request is about (its model, a limit, a reason) stays. Pure.
 *
 * Sources: Google's "Publisher Model `projects/…` was not found" and the `consumer` of its ErrorInfo; OpenAI's "in organization org-…";
 * Anthropic's "(org: …, model: …)"; AWS's ARNs, whose fifth part is an account.
 */

const WITHHELD = "***";

const NAMES: readonly RegExp[] = [
  // A slash may be escaped. Old projects have a domain before their name.
  /(?<=\bprojects\\?\/)(?:[a-z0-9.-]{1,100}:)?[a-z0-9-]{1,100}/gi,
  /(?<=\bproject[ _](?:number[: ] ?)?)\d{6,20}/gi,
  /(?<![\w.-])[\w.-]{1,100}@[\w.-]{1,100}\.gserviceaccount\.com/gi,
  /(?<=\borg-|\bproj_)[A-Za-z0-9]{8,64}/g,
  /(?<=\borg: )[0-9a-f-]{36}/gi,
  /(?<=\barn:aws[a-z-]{0,20}:[a-z0-9-]{1,40}:[a-z0-9-]{0,40}:)\d{12}/g,
];

/** The bytes of an error; the same ones if they name nobody. */
export function redacted(body: Uint8Array): Uint8Array {
  // Byte by byte, because the body may be something other than UTF-8.
  const said = Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1");
  const told = NAMES.reduce((text, name) => text.replace(name, WITHHELD), said);
  return told === said ? body : Buffer.from(told, "latin1");
}
