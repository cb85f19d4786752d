/** The result of a view of a key's figures. */
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";

/** `rows`: how many rows of D1 were read for it, if more than one. */
export type Shown<View extends object> = Result<View, Refusal> & { rows?: number };
