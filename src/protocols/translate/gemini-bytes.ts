/**
 * The lane between two that speak generateContent: the client's own bytes, piped natively. But a conversation may have been elsewhere
 * in between. Signatures that hold what another provider wants back are none of Google's, which refuses the whole request for one
 * of them; so they stay behind, and a call has Google's own value for none in its place. And what one of Google's deployments has
 * signed another may refuse: then the request goes once more without.
 */
import { array, isObject, text } from "../../ground/json.ts";
import { type Change, changedBytes, listChange } from "./changed-bytes.ts";
import { member } from "./from-gemini/fields.ts";
import { isRelays } from "./from-gemini/thoughts.ts";
import type { Json } from "./hub.ts";
import { bytesOf, type Lane } from "./lane.ts";
import { isAboutSignatures } from "./to-gemini/instead.ts";
import { UNSIGNED } from "./to-gemini/signatures.ts";

export const GEMINI_BYTES: Lane = {
  open: (request, { model }) => {
    const own = request.carries
      ? changedBytes(request, model, (body) => changesOf(body, isRelays, false))
      : bytesOf(request, model);
    const instead = (error: string) =>
      isAboutSignatures(error)
        ? { lane: changedBytes(request, model, (body) => changesOf(body, () => true, true)), lacks: null }
        : null;
    return { ok: true, value: { ...own, instead } };
  },
};

type StaysBehind = (signature: string) => boolean;

/** `fill`: the first call of each turn of the model's has a signature, also where the client has sent none. */
function changesOf(body: Json, staysBehind: StaysBehind, fill: boolean): Change[] {
  const before = array(body.contents);
  return listChange(
    "contents",
    before,
    before.map((content) => (isObject(content) ? contentOf(content, staysBehind, fill) : content)),
  );
}

function contentOf(content: Json, staysBehind: StaysBehind, fill: boolean): Json {
  if (content.role !== "model" || !Array.isArray(content.parts)) return content;
  let calls = 0;
  const parts = content.parts.flatMap((part) => {
    if (!isObject(part)) return [part];
    const isCall = isObject(member(part, "functionCall"));
    const isFirst = isCall && calls++ === 0;
    const signature = text(member(part, "thoughtSignature"));
    const unsigned = signature === null ? fill && isFirst : staysBehind(signature);
    if (!unsigned) return [part];
    const { thoughtSignature: _, thought_signature: __, ...rest } = part;
    if (isCall) return [{ ...rest, thoughtSignature: UNSIGNED }];
    // A part that was there for its signature alone.
    return rest.text === "" && Object.keys(rest).length === 1 ? [] : [rest];
  });
  return { ...content, parts: parts.length > 0 ? parts : [{ text: "" }] };
}
