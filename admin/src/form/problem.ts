/**
 * What is wrong with a field, in the person's language. Pure. The relay gives a code and an English sentence. The code is looked up. The
 * English is shown if the code says only that something is wrong.
 */
import { strings } from "../locale/strings.ts";

export type FieldCode = keyof typeof strings.form.problems;

/** As the API answers it. `field` is a path such as `model_mapping.opus`, or "" for the body as a whole. */
export interface FieldProblem {
  field: string;
  message: string;
  code?: string | undefined;
  /** The bound that was exceeded, if there is one. */
  limit?: number | undefined;
}

/** The text of a problem that the console itself has found. */
export function problemOf(code: FieldCode, limit?: number): string {
  return textOf({ field: "", message: "", code, limit });
}

export function textOf({ code, message, limit }: FieldProblem): string {
  const known: Record<string, (limit: string, message: string) => string> = strings.form.problems;
  const say = (code !== undefined && Object.hasOwn(known, code) && known[code]) || strings.form.problems.invalid;
  return say(limit === undefined ? "" : String(limit), asSentence(message));
}

/** The relay writes "field: message". Beside its field the message stands alone, and so begins with a capital. */
function asSentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}

/** The name in `names` with which the path of a problem begins, or null. */
export function nameIn(names: readonly string[], path: string): string | null {
  return names.find((name) => path === name || path.startsWith(`${name}.`)) ?? null;
}
