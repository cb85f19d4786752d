/** The filters of a list as a row of controls. What they say stands in the address, nowhere else. */
import { useEffect, useRef } from "preact/hooks";
import { strings } from "../locale/strings.ts";
import type { Router } from "../router/router.ts";
import { type ChoiceFilter, type FilterDescriptions, type SearchFilter, withFilter } from "./filters.ts";

/** Typing is one question, not one for each letter. */
const TYPING_MS = 250;

interface Props {
  filters: FilterDescriptions;
  /** What of them is set. */
  chosen: Readonly<Record<string, string | undefined>>;
  router: Router;
}

export function FilterBar({ filters, chosen, router }: Props) {
  return (
    <search class="filters" aria-label={strings.list.filters}>
      {Object.entries(filters).map(([name, filter]) => {
        const set = (value: string) => router.setSearch(withFilter(router.search.value, name, value));
        const value = chosen[name] ?? "";
        if (filter.type === "choice") return <ChoiceBox key={name} filter={filter} value={value} onChoose={set} />;
        return <SearchBox key={name} filter={filter} value={value} onSearch={set} />;
      })}
    </search>
  );
}

function SearchBox({ filter, value, onSearch }: { filter: SearchFilter; value: string; onSearch: Set }) {
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  // The address may change by other ways than typing; while somebody types, it lags behind them.
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = value;
  }, [value]);

  return (
    <input
      type="search"
      ref={input}
      defaultValue={value}
      placeholder={filter.label}
      aria-label={filter.label}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => {
        const { value: typed } = event.currentTarget;
        clearTimeout(timer.current);
        timer.current = setTimeout(() => onSearch(typed), TYPING_MS);
      }}
    />
  );
}

function ChoiceBox({ filter, value, onChoose }: { filter: ChoiceFilter; value: string; onChoose: Set }) {
  return (
    <select aria-label={filter.label} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
      <option value="">{filter.everything}</option>
      {filter.choices.map(([offered, label]) => (
        <option key={offered} value={offered}>
          {label}
        </option>
      ))}
    </select>
  );
}

type Set = (value: string) => void;
