/** What an account has cost in a day, by model. Sums have no order by account: a day is as much as is read for a look. */
import { type AdminClient, ask } from "../../api.ts";
import { useReading } from "../../list/reading.ts";
import { beginOf } from "../../parts/range.ts";
import { words } from "../accounts/words.ts";
import { ModelsPanel } from "../key/key-usage.tsx";

const MOST_MODELS = "20";

export function AccountUsage({ id, client }: { id: string; client: AdminClient }) {
  const models = useReading(`${id} models`, (signal) => {
    const query = { group_by: "model", account_id: id, from: beginOf("24h", Date.now()), limit: MOST_MODELS } as const;
    return ask(client.admin.usage.$get({ query }, { init: { signal } }));
  });
  return <ModelsPanel models={models} title={words.page.lastDay} />;
}
