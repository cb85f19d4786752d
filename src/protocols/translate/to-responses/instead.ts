/**
 * What to send to an upstream that refused a request with a 400: without the reasoning of earlier turns if it cannot read that, without
 * a parameter that it does not know, or with an effort that it has. The error's code and parameter tell which. For services that send
 * neither, the words that they share with OpenAI tell it.
 */
import { array, object, parse, text } from "../../../ground/json.ts";
import { stepDown } from "../effort.ts";
import { EFFORTS, type Effort, type Json } from "../hub.ts";
import type { Form } from "./request.ts";
import { effortGap } from "./thinking.ts";
import { WEB_SEARCH } from "./tools.ts";
import { ANY_JSON, hasMember, REMOVABLE } from "./without.ts";

export interface OtherForm {
  form: Form;
  /** What should be remembered of this upstream's model. */
  lacks: string | null;
}

export interface Fault {
  code: string;
  parameter: string;
  message: string;
}

/** Null: it would be refused again. `body`: the refused request, in the form `form`. */
export function otherForm(error: string, form: Form, body: Json): OtherForm | null {
  const fault = faultIn(error);
  if (!fault) return null;
  if (form.withReasoning && hasReasoning(body) && isAboutReasoning(fault)) {
    return { form: { ...form, withReasoning: false }, lacks: null };
  }
  // This conversation does not mention JSON. Another one may.
  if (isAnyJson(body) && /must contain the word .?json/i.test(fault.message)) {
    return { ...lacking(ANY_JSON, form), lacks: null };
  }
  return withEffort(fault, form, body) ?? withoutSearch(fault, form, body) ?? withoutParameter(fault, form, body);
}

function lacking(gap: string, form: Form): OtherForm {
  return { form: { ...form, without: [...form.without, gap] }, lacks: gap };
}

function isAnyJson({ text: form }: Json): boolean {
  return object(object(form)?.format)?.type === "json_object";
}

/** What an error says; null if it cannot be read. */
export function faultIn(error: string): Fault | null {
  const root = object(parse(error));
  if (!root) return null;
  const fault = object(root.error) ?? root;
  const message = [fault.message, root.error, root.detail].map(text).find((each) => each !== null) ?? "";
  return { code: text(fault.code) ?? "", parameter: text(fault.param) ?? "", message };
}

function hasReasoning(body: Json): boolean {
  return array(body.input).some((item) => object(item)?.type === "reasoning");
}

/** Whether it was encrypted for another organisation, or the client kept it but lost what belongs to it. */
export function isAboutReasoning({ code, parameter, message }: Fault): boolean {
  if (code === "invalid_encrypted_content") return true;
  if (parameter.startsWith("include")) return false;
  return /encrypted[ _]content|reasoning (?:input )?items|without its required '?(?:reasoning|following)/i.test(
    message,
  );
}

const UNKNOWN_CODES = new Set(["unsupported_parameter", "unknown_parameter", "unsupported_value"]);
const UNKNOWN_WORDS =
  /unsupported|unknown|unrecognized|unexpected|not (?:be )?(?:supported|permitted|allowed|recognized)|extra (?:inputs|fields)|must be verified/i;

function isUnknown({ code, message }: Fault): boolean {
  return UNKNOWN_CODES.has(code) || UNKNOWN_WORDS.test(message);
}

/** The nearest effort of those that the error lists; without a list, the next lower one. */
function withEffort(fault: Fault, form: Form, body: Json): OtherForm | null {
  const effort = EFFORTS.find((each) => each === object(body.reasoning)?.effort);
  const { code, parameter, message } = fault;
  // OpenAI hides the beginning and writes `***.effort`.
  const isMeant = /\beffort$/.test(parameter) || (parameter === "" && /reasoning[._]effort/.test(message));
  if (!effort || !isMeant || !isUnknown(fault) || code === "unknown_parameter") return null;
  const listed = listedIn(message);
  // A value that is listed and still refused is refused for another reason.
  if (listed.includes(effort)) return null;
  if (listed.length === 0 && stepDown(effort) === null) return null;
  return lacking(effortGap(effort, listed), form);
}

function listedIn(message: string): Effort[] {
  const at = message.search(/supported values are/i);
  return at < 0 ? [] : EFFORTS.filter((effort) => message.includes(`'${effort}'`, at));
}

function withoutSearch(fault: Fault, form: Form, body: Json): OtherForm | null {
  const searches = array(body.tools).some((tool) => object(tool)?.type === "web_search");
  if (!searches || form.without.includes(WEB_SEARCH)) return null;
  const { message, parameter } = fault;
  const isMeant = message.includes("web_search") || /^tools\[\d+\]\.type$/.test(parameter);
  // A value inside the tool is the client's own fault, whatever words describe it.
  const isWithin = !/^(?:tools(?:\[\d+\](?:\.type)?)?)?$/.test(parameter);
  if (!isMeant || isWithin || !isSearchRefused(fault)) return null;
  return lacking(WEB_SEARCH, form);
}

/** The refusal may be about the schema of a tool instead, and then its words say so. */
function isSearchRefused(fault: Fault): boolean {
  return fault.code === "invalid_value" || isUnknown(fault) || /\btype\b.*\bfunction\b/i.test(fault.message);
}

function withoutParameter(fault: Fault, form: Form, body: Json): OtherForm | null {
  const { code, parameter } = fault;
  // More than this model writes: its own limit is the most that can be had.
  const isTooMuch = code === "integer_above_max_value" && parameter === "max_output_tokens";
  if (!isTooMuch && !isUnknown(fault)) return null;
  const name = [...REMOVABLE.keys()].find((each) => hasMember(body, each) && isNamed(each, fault));
  if (name === undefined) return null;
  return { ...lacking(name, form), ...(isTooMuch && { lacks: null }) };
}

function isNamed(name: string, { parameter, message }: Fault): boolean {
  if (parameter !== "") return parameter === name || parameter.startsWith(`${name}[`);
  return QUOTES.some((quote) => message.includes(`${quote}${name}${quote}`)) || message.endsWith(`: ${name}`);
}

const QUOTES = ["'", '"', "`"];
