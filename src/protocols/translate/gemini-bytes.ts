/**
 * The lane between two ends that speak generateContent: the client's own bytes, piped natively. Another provider may have answered a
 * part of the conversation. Its signatures are not Google's, and Google refuses the whole request for one of them. So they are
 * removed, and a call gets Google's own value for a missing signature instead. One of Google's deployments may also refuse what
 * another has signed. Then the request is sent once more without signatures.
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

/** `fill`: the first call of each of the model's turns gets a signature, even if the client has sent none. */
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
    // The part existed only for its signature.
    return rest.text === "" && Object.keys(rest).length === 1 ? [] : [rest];
  });
  return { ...content, parts: parts.length > 0 ? parts : [{ text: "" }] };
}
