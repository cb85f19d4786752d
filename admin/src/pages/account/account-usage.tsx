/** The cost of an account in a day, by model. */
import type { Reading } from "../../list/reading.ts";
import { words } from "../accounts/words.ts";
import { type ModelSums, ModelsPanel } from "../key/key-usage.tsx";

export function AccountUsage({ used }: { used: Reading<ModelSums> }) {
  return <ModelsPanel models={used} title={words.page.lastDay} />;
}
