/** What a view of a key's figures shows. */
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";

/** `rows`: those of D1 that were read for it, where it reads more than one. */
export type Shown<View extends object> = Result<View, Refusal> & { rows?: number };
