/** Requests for lanes and halves, with defaults for everything that a test does not mention. */
import { DemandReader } from "../../../src/protocols/demands.ts";
import { walkTopLevel } from "../../../src/protocols/scan.ts";
import type { Asked } from "../../../src/protocols/translate/halves.ts";
import type { Json } from "../../../src/protocols/translate/hub.ts";
import type { Lane, LaneRequest, OpenLane } from "../../../src/protocols/translate/lane.ts";
import { NO_QUIRKS } from "../../../src/protocols/translate/quirks.ts";

export const ASKED: Asked = {
  model: "asked",
  stream: false,
  asArray: false,
  enveloped: false,
  session: null,
  inputTokens: 100,
  id: "req_1",
  createdAt: 1_700_000_000,
};

export const UPSTREAM = { model: "own", official: true, quirks: NO_QUIRKS };

export function laneRequest(body: Json, asked: Partial<Asked> = {}): LaneRequest {
  const known = { ...ASKED, ...asked };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const reader = new DemandReader(bytes);
  walkTopLevel(bytes, () => undefined, reader);
  const { carries } = reader.demands();
  return {
    ...{ body: bytes, model: known.model, modelAt: null, form: false, carries },
    ...{ json: () => body, envelope: null, asked: known },
  };
}

/** The lane, opened; a refusal is thrown. */
export function open(lane: Lane, request: LaneRequest, model = "own"): OpenLane {
  const opened = lane.open(request, { ...UPSTREAM, model });
  if (!opened.ok) throw new Error(JSON.stringify(opened.refusal));
  return opened.value;
}
