/**
 * The client's own bytes with some members changed. Used by lanes between two ends that speak the same format, when another provider
 * answered a part of the conversation.
 */
import { edited, scanTopLevel } from "../scan.ts";
import type { Json } from "./hub.ts";
import { bytesOf, type LaneRequest, type OpenLane } from "./lane.ts";

/** A top-level member, and the value that replaces it. */
export interface Change {
  member: string;
  value: unknown;
}

/** Changes the members that `changesOf` returns for the body, and keeps every other byte. A body that is not parsed goes unchanged. */
export function changedBytes(request: LaneRequest, model: string, changesOf: (body: Json) => Change[]): OpenLane {
  return { ...bytesOf(request, model), body: () => changed(request, model, changesOf) };
}

function changed(request: LaneRequest, model: string, changesOf: (body: Json) => Change[]): Uint8Array {
  const { body, modelAt } = request;
  const changes = changesOf(request.json() ?? {});
  const scan = changes.length > 0 ? scanTopLevel(body, new Set(changes.map(({ member }) => member))) : null;
  const edits = changes.flatMap(({ member, value }) => {
    const span = scan?.ok ? scan.members.get(member) : undefined;
    return span ? [{ span, value }] : [];
  });
  if (modelAt && model !== request.model) edits.push({ span: modelAt, value: model });
  const encoder = new TextEncoder();
  const texts = edits.map(({ span, value }) => ({ span, by: encoder.encode(JSON.stringify(value)) }));
  return texts.length > 0 ? edited(body, texts) : body;
}

/** The change of a member that is a list; none if the list is still the same. */
export function listChange(member: string, before: readonly unknown[], after: readonly unknown[]): Change[] {
  const isSame = before.length === after.length && after.every((each, index) => each === before[index]);
  return isSame ? [] : [{ member, value: after }];
}
