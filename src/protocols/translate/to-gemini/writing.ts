/** What all writers of one request share: for whom it is, its names, and what was left out of it. */
import type { LaneUpstream } from "../halves.ts";
import { fitted, Names } from "../names.ts";
import { factsOf, type ModelFacts } from "./model.ts";

/** What is done about the signatures of an assistant's turn. */
export interface Signing {
  /** Whether calls without a signature get the value that stands for none; otherwise only if the model is known to require it. */
  fill: boolean;
  /** Whether signatures of Google's are sent back; otherwise none is, as if another provider had made the turn. */
  keep: boolean;
}

/** Names in `Quirks.without` for what is no parameter: images in a function's response, instructions of their own, signatures. */
export const MEDIA_IN_RESULTS = "functionResponse.parts";
export const INSTRUCTIONS = "systemInstruction";
export const SIGNATURES = "thoughtSignature";

export interface Writing {
  upstream: LaneUpstream;
  facts: ModelFacts;
  signing: Signing;
  names: Names;
  /** Stop sequences that Google does not accept, left to the relay. */
  stops: string[];
  /** Members of the Messages API that were left out. */
  dropped: Set<string>;
  /** Whether the upstream accepts a member, as far as its refusals are known. */
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

/** The name of a function must begin with a letter or an underscore. */
function fittedName(name: string, longest: number): string {
  if (name.length <= longest && NAME.test(name)) return name;
  return fitted(/^[A-Za-z_]/.test(name) ? name : `_${name}`, longest);
}
