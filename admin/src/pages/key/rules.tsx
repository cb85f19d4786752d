/** What a key may be used for, and by which accounts it is served. Shows only what is restricted. */
import type { ComponentChildren } from "preact";
import type { AdminClient } from "../../api.ts";
import type { Console } from "../../console.ts";
import { platformName } from "../../locale/platforms.ts";
import { targetText } from "../aliases/targets.ts";
import { useGroupChoices } from "../groups/group-choices.ts";
import type { ApiKey } from "../keys/keys.ts";
import { words } from "../keys/words.ts";

type Ruled = Pick<
  ApiKey,
  | "owner"
  | "tags"
  | "rate_limit_tier"
  | "permissions"
  | "allowed_models"
  | "denied_models"
  | "model_aliases"
  | "allowed_clients"
  | "allowed_ips"
  | "activation_days"
  | "activation_hours"
  | "queue_size"
  | "cost_multiplier"
  | "unpriced"
>;

interface Props {
  apiKey: ApiKey;
  data: Pick<Console, "client" | "directory">;
}

export function Rules({ apiKey, data }: Props) {
  const { bound_account_id: account, bound_group_id: group } = apiKey;
  const facts: (readonly [string, ComponentChildren])[] = [
    ...rulesOf(apiKey),
    ...(account === null
      ? []
      : [[words.fields.account, data.directory.known.value?.accountNames.get(account) ?? account] as const]),
    ...(group === null
      ? []
      : [[words.fields.group, <GroupName key={group} id={group} client={data.client} />] as const]),
  ];
  return (
    <section class="panel" aria-labelledby="rules-title">
      <h2 id="rules-title">{words.page.rules}</h2>
      {facts.length === 0 ? (
        <p class="soft">{words.page.noRules}</p>
      ) : (
        <dl class="facts">
          {facts.map(([name, value]) => [<dt key={`${name}-name`}>{name}</dt>, <dd key={`${name}-value`}>{value}</dd>])}
        </dl>
      )}
    </section>
  );
}

function GroupName({ id, client }: { id: string; client: AdminClient }) {
  const groups = useGroupChoices(client);
  return <>{groups?.find(([known]) => known === id)?.[1] ?? id}</>;
}

/** Without what a key is bound to, whose names are elsewhere. Pure. */
export function rulesOf(key: Ruled): (readonly [name: string, value: string])[] {
  const { fields } = words;
  const listed = (values: readonly string[]) => values.join(", ");
  const aliases = Object.entries(key.model_aliases).map(
    ([name, targets]) => `${name} = ${listed(targets.map((target) => targetText(target, [])))}`,
  );
  return (
    [
      [fields.owner, key.owner],
      [fields.tags, listed(key.tags)],
      [fields.template, key.rate_limit_tier ?? ""],
      [fields.platforms, listed(key.permissions.map(platformName))],
      [fields.allowedModels, listed(key.allowed_models)],
      [fields.deniedModels, listed(key.denied_models)],
      [fields.aliases, aliases.join("; ")],
      [fields.clients, listed(key.allowed_clients)],
      [fields.addresses, listed(key.allowed_ips)],
      [fields.activation, String(key.activation_days ?? "")],
      [fields.activationHours, String(key.activation_hours ?? "")],
      [fields.queue, key.queue_size === 0 ? "" : String(key.queue_size)],
      [fields.multiplier, key.cost_multiplier === 1 ? "" : String(key.cost_multiplier)],
      [fields.unpriced, key.unpriced === "refuse" ? fields.refuse : ""],
    ] as const
  ).filter(([, value]) => value !== "");
}
