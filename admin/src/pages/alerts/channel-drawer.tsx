/** The form of one channel, with a test of its present values. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Answer } from "../../api.ts";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { strings } from "../../locale/strings.ts";
import { Drawer } from "../../parts/drawer.tsx";
import type { Router } from "../../router/router.ts";
import { changeOf, channelFields, configIn, newChannelOf, testedFields } from "./channel-fields.ts";
import type { Channel, ChannelInput, Channels, Meta, Tested } from "./channels.ts";
import { words } from "./words.ts";

interface Props {
  channel: Channel | null;
  channels: Channels;
  meta: Meta;
  router: Router;
  onClose: () => void;
  onSaved: () => void;
}

export function ChannelDrawer({ channel, channels, meta, router, onClose, onSaved }: Props) {
  const form = useMemo(
    () =>
      createForm(channelFields(meta, channel), (values): Promise<Answer<Channel>> => {
        return channel ? channels.change(channel.id, changeOf(values)) : channels.make(newChannelOf(values));
      }),
    [channel?.id, meta],
  );
  const testing = useSignal(false);
  const tested = useSignal<Tested | null>(null);

  async function test(): Promise<void> {
    if (testing.value) return;
    const values = form.read(testedFields(form.fields), Date.now());
    if (values === null) return;
    const isSaved = channel !== null && form.draftOf("anew") === "";
    const type = (channel?.type ?? values.type) as ChannelInput["type"];
    testing.value = true;
    tested.value = null;
    const answer = await (isSaved
      ? channels.test(channel.id)
      : channels.testUnsaved({ type, config: configIn(values) }));
    testing.value = false;
    if (answer.ok) tested.value = answer.value;
    else void form.tell(answer.problem);
  }

  return (
    <Drawer title={channel?.name ?? words.add} onClose={onClose}>
      <FormView
        id="channel"
        form={form}
        submit={strings.save}
        sending={strings.saving}
        onDone={onSaved}
        onCancel={onClose}
        router={router}
      >
        <div class="actions">
          <button type="button" aria-disabled={testing.value} onClick={() => void test()}>
            {testing.value ? words.testing : words.test}
          </button>
        </div>
        {tested.value && <TestResult tested={tested.value} />}
      </FormView>
    </Drawer>
  );
}

export function testText({ sent, reason }: Tested): string {
  return sent ? words.tested : words.notTested(reason ?? "");
}

function TestResult({ tested }: { tested: Tested }) {
  return (
    <p role="status" class={tested.sent ? "tone-ok" : "tone-bad"}>
      {testText(tested)}
    </p>
  );
}
