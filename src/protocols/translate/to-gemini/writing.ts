/** What all writers of one request share: whom it is for, the names that it has, and what was left out of it. */
import type { LaneUpstream } from "../halves.ts";
import { fitted, Names } from "../names.ts";
import { factsOf, type ModelFacts } from "./model.ts";

/** What is done about the signatures of an assistant's turn. */
export interface Signing {
  /** Calls without one get the value that stands for none; else only where the model is known to want that. */
  fill: boolean;
  /** Those that Google made are sent back; else none is, as if another had made the turn. */
  keep: boolean;
}

/** Names in `Quirks.without` of what is no parameter: pictures in the answer of a function, instructions of their own, signatures. */
export const MEDIA_IN_RESULTS = "functionResponse.parts";
export const INSTRUCTIONS = "systemInstruction";
export const SIGNATURES = "thoughtSignature";

export interface Writing {
  upstream: LaneUpstream;
  facts: ModelFacts;
  signing: Signing;
  names: Names;
  /** Stop sequences that Google does not take, for the relay to see to. */
  stops: string[];
  /** Members of the Messages API that were left out. */
  dropped: Set<string>;
  /** Whether the upstream takes a member, as far as it is known to refuse some. */
  takes(member: string): boolean;
}

export function writingFor(upstream: LaneUpstream, signing: Signing): Writing {
  const refused = new Set(upstream.quirks.without);
  return {
    upstream,
    signing,
    facts: factsOf(upstream.model),
    names: new Names(LONGEST_NAME, fittedName),
    stops: [],
    dropped: new Set(),
    takes: (member) => !refused.has(member),
  };
}

const LONGEST_NAME = 64;
const NAME = /^[A-Za-z_][\w.-]*$/;

/** A name of a function begins with a letter or an underscore. */
function fittedName(name: string, longest: number): string {
  if (name.length <= longest && NAME.test(name)) return name;
  return fitted(/^[A-Za-z_]/.test(name) ? name : `_${name}`, longest);
}
