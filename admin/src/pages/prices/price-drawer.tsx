/** A price for one model, set by hand. It counts before the feed and the built-in table, and prices requests that had none. */
import { useMemo } from "preact/hooks";
import { createForm } from "../../form/form.ts";
import { FormView } from "../../form/form-view.tsx";
import { useReading } from "../../list/reading.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import type { Router } from "../../router/router.ts";
import { priceFields } from "./price-form.ts";
import { keptOf, type Price, type Prices } from "./prices.ts";
import { words } from "./words.ts";

interface Props {
  model: string;
  prices: Prices;
  router: Router;
  onSet: () => void;
  onClose: () => void;
}

export function PriceDrawer(props: Props) {
  const { model, prices, onClose } = props;
  const reading = useReading(model, async (signal) => {
    const answer = await prices.read(model, signal);
    return answer.ok ? { ok: true, value: { price: answer.value } } : answer;
  });
  const read = reading.value.value;
  return (
    <Drawer title={model} onClose={onClose}>
      <Trouble problem={reading.problem.value} onRetry={reading.refresh} />
      {read === null && reading.problem.value === null && <Skeleton rows={6} />}
      {read && <PriceForm {...props} price={read.price} />}
    </Drawer>
  );
}

function PriceForm({ model, price, prices, router, onSet, onClose }: Props & { price: Price | null }) {
  const form = useMemo(
    () => createForm(priceFields(price), (rates) => prices.set(model, { ...keptOf(price), ...rates })),
    // When the price is read again in between, it must not remove what was typed.
    [prices, model],
  );
  const many = price !== null && (price.tiers.length > 0 || price.fast !== null || price.priority !== null);
  return (
    <>
      {many && <p class="note small">{price.source === "override" ? words.keepsModes : words.losesModes}</p>}
      <FormView
        id="price"
        form={form}
        submit={words.set}
        sending={words.setting}
        onDone={onSet}
        onCancel={onClose}
        router={router}
      />
    </>
  );
}
