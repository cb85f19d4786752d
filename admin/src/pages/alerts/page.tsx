/** Where alerts go, which ones, and when; and the latest alerts. */
import { useMemo } from "preact/hooks";
import { ask } from "../../api.ts";
import { ListPage } from "../../list/list-page.tsx";
import { useReading } from "../../list/reading.ts";
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Time } from "../../parts/time.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Problem } from "../../problem.ts";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { ChannelDrawer, testText } from "./channel-drawer.tsx";
import { type Channel, type Channels, createChannels, type Meta } from "./channels.ts";
import { Recent } from "./recent.tsx";
import { Rules } from "./rules.tsx";
import { KINDS, words } from "./words.ts";

const NO_FILTERS = {} as const;

export function AlertsPage({ data, router, match }: PageProps) {
  const { client } = data;
  const channels = useMemo(() => createChannels(client), [client]);
  const reading = useReading("alert kinds", (signal) => ask(client.admin.alerts.meta.$get({}, { init: { signal } })));
  const meta = reading.value.value;
  const create = { label: words.add, href: router.href("/alerts/new") };
  const pathOf = (id: string) => pathTo("/alerts/:id", { id });
  const { id } = match.params;
  const edited = id === undefined ? null : channels.rows.value.find((channel) => channel.id === id);
  const close = () => router.go("/alerts");

  async function test(channel: Channel): Promise<Problem | null> {
    const answer = await channels.test(channel.id);
    if (!answer.ok) return answer.problem;
    if (!answer.value.sent) return { status: 0, text: testText(answer.value), fields: [] };
    data.notice.value = { text: testText(answer.value) };
    return null;
  }

  return (
    <>
      <ListPage
        title={words.title}
        about={words.about}
        router={router}
        list={channels}
        filters={NO_FILTERS}
        create={create}
        missing={id !== undefined && !edited}
        empty={<Empty icon="bell" title={words.emptyTitle} text={words.empty} create={create} />}
        table={{
          caption: words.channels,
          columns: columnsOf(meta, (channel) => router.href(pathOf(channel.id))),
          idOf: (channel) => channel.id,
          open: (channel) => router.go(pathOf(channel.id)),
          actions: {
            nameOf: (channel) => channel.name,
            of: (channel) => [
              { label: strings.edit, icon: "pencil", href: router.href(pathOf(channel.id)) },
              { label: words.test, icon: "bell", run: () => test(channel) },
              turn(channel, channels),
              {
                label: strings.remove,
                icon: "trash-2",
                danger: true,
                confirm: { title: words.deleteTitle(channel.name), text: words.deleteWhat },
                run: () => channels.remove(channel.id),
                done: words.wasDeleted(channel.name),
              },
            ],
          },
          notice: data.notice,
        }}
      >
        <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
        {meta && (match.pattern === "/alerts/new" || edited) && (
          <ChannelDrawer
            key={id}
            channel={edited ?? null}
            channels={channels}
            meta={meta}
            router={router}
            onClose={close}
            onSaved={() => {
              close();
              data.notice.value = { text: strings.saved };
            }}
          />
        )}
      </ListPage>
      <Recent client={client} />
      <Rules data={data} router={router} />
    </>
  );
}

function turn({ id, enabled }: Channel, channels: Channels) {
  return {
    label: enabled ? words.turnOff : words.turnOn,
    icon: enabled ? ("pause" as const) : ("play" as const),
    run: async () => {
      const answer = await channels.change(id, { enabled: !enabled });
      return answer.ok ? null : answer.problem;
    },
    done: strings.saved,
  };
}

function columnsOf(meta: Meta | null, href: (channel: Channel) => string): readonly Column<Channel>[] {
  const now = Date.now();
  return [
    {
      name: "name",
      head: words.name,
      kind: "wide",
      cell: (channel) => (
        <a class="name cut" href={href(channel)} title={channel.name}>
          {channel.name}
        </a>
      ),
    },
    { name: "type", head: words.type, kind: "still", cell: ({ type }) => KINDS[type] },
    { name: "state", head: words.state, kind: "still", cell: (channel) => <State channel={channel} /> },
    {
      name: "told",
      head: words.told,
      kind: "still",
      cell: ({ alerts }) =>
        alerts.length === meta?.types.length ? words.everything : words.some(format.count(alerts.length)),
    },
    {
      name: "last",
      head: words.last,
      kind: "still",
      cell: ({ last_sent_at }) => <Time iso={last_sent_at} now={now} />,
    },
  ];
}

function State({ channel }: { channel: Channel }) {
  const { enabled, waiting, last_error, last_sent_at } = channel;
  if (!enabled) return <Badge tone="off">{words.off}</Badge>;
  const failed = last_error !== null && (last_sent_at === null || last_sent_at < last_error.time);
  return (
    <>
      {failed ? (
        <Badge tone="bad" why={last_error.reason}>
          {words.failing}
        </Badge>
      ) : (
        <Badge tone="ok" quiet>
          {words.on}
        </Badge>
      )}
      {waiting > 0 && <span class="soft"> {words.waiting(format.count(waiting))}</span>}
    </>
  );
}
