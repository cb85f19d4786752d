/** The channels of alerts, and the actions on them. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import { createRecords, type Records } from "../../list/records.ts";

type Routes = AdminClient["admin"]["alerts"];
export type Channel = InferResponseType<Routes["channels"]["$get"], 200>["items"][number];
export type ChannelType = Channel["type"];
export type ChannelInput = InferRequestType<Routes["channels"]["$post"]>["json"];
export type ChannelChange = InferRequestType<Routes["channels"][":id"]["$patch"]>["json"];
export type Meta = InferResponseType<Routes["meta"]["$get"], 200>;
export type AlertSettings = InferResponseType<Routes["settings"]["$get"], 200>;
export type Alert = InferResponseType<Routes["$get"], 200>["items"][number];
/** The result of a test. */
export type Tested = InferResponseType<Routes["test"]["$post"], 200>;

export interface Channels extends Records<Channel, object, ChannelInput, ChannelChange> {
  test(id: string): Promise<Answer<Tested>>;
  /** For a channel that is not saved. */
  testUnsaved(input: Pick<ChannelInput, "type" | "config">): Promise<Answer<Tested>>;
}

export function createChannels(client: AdminClient): Channels {
  const { channels, test } = client.admin.alerts;
  const records = createRecords({
    read: (_page, _filters: object, signal) => ask(channels.$get({}, { init: { signal } })),
    make: (json: ChannelInput) => ask(channels.$post({ json })),
    change: (id, json: ChannelChange) => ask(channels[":id"].$patch({ param: { id }, json })),
    remove: (id) => ask(channels[":id"].$delete({ param: { id } })),
  });
  return {
    ...records,
    test: (id) => ask(channels[":id"].test.$post({ param: { id } })),
    testUnsaved: (json) => ask(test.$post({ json })),
  };
}
