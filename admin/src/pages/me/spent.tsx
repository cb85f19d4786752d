/** What the holder's key has used: by day, by model, and request by request. */
import { useReading } from "../../list/reading.ts";
import { DaysPanel, ModelsPanel } from "../key/key-usage.tsx";
import type { Holder } from "./holder.ts";
import { OwnRequests } from "./own-requests.tsx";

export function Spent({ holder }: { holder: Holder }) {
  const days = useReading("days", holder.days);
  const models = useReading("models", holder.models);
  return (
    <>
      <div class="halves">
        <DaysPanel days={days} />
        <ModelsPanel models={models} />
      </div>
      <OwnRequests holder={holder} />
    </>
  );
}
