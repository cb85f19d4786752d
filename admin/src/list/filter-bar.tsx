/** The filters of a list as a row of controls. Their values are only in the address. */
import { useEffect, useRef } from "preact/hooks";
import { strings } from "../locale/strings.ts";
import { Icon } from "../parts/icon.tsx";
import type { Router } from "../router/router.ts";
import { type ChoiceFilter, type FilterDescriptions, type SearchFilter, withFilter } from "./filters.ts";

/** While somebody types, one request is sent, not one for each letter. */
const TYPING_MS = 250;

interface Props {
  filters: FilterDescriptions;
  /** The filters that are set. */
  chosen: Readonly<Record<string, string | undefined>>;
  router: Router;
  /** The name of an exact value. Without a name the value itself is shown. */
  nameOf?: ((filter: string, value: string) => string | undefined) | undefined;
  /** Exact values to choose from, with their names. */
  offered?: ((filter: string) => ChoiceFilter["choices"]) | undefined;
}

export function FilterBar({ filters, chosen, router, nameOf, offered }: Props) {
  const some = Object.keys(chosen).length > 0;
  return (
    <search class="filters" aria-label={strings.list.filters}>
      {Object.entries(filters).map(([name, filter]) => {
        const set = (value: string) => router.setSearch(withFilter(router.search.value, name, value));
        const value = chosen[name] ?? "";
        if (filter.type === "value") {
          const choices = (value === "" && filter.everything !== undefined && offered?.(name)) || [];
          if (value === "" && choices.length === 0) return null;
          if (value === "") {
            const { label, everything = "" } = filter;
            return (
              <ChoiceChip key={name} filter={{ type: "choice", label, everything, choices }} value="" onChoose={set} />
            );
          }
          const shown = nameOf?.(name, value) ?? value;
          return (
            <button
              key={name}
              type="button"
              class="chip chosen"
              aria-label={strings.list.without(filter.label, shown)}
              onClick={() => set("")}
            >
              <span class="cut">{`${filter.label}: ${shown}`}</span>
              <Icon name="x" />
            </button>
          );
        }
        if (filter.type === "choice") return <ChoiceChip key={name} filter={filter} value={value} onChoose={set} />;
        return <SearchBox key={name} filter={filter} value={value} onSearch={set} />;
      })}
      {some && (
        <button type="button" class="quiet" onClick={() => router.setSearch("")}>
          {strings.list.clear}
        </button>
      )}
    </search>
  );
}

function SearchBox({ filter, value, onSearch }: { filter: SearchFilter; value: string; onSearch: Set }) {
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  // The address may change without typing. While somebody types, it is behind what they typed.
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = value;
  }, [value]);

  return (
    <div class="search">
      <Icon name="search" />
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
    </div>
  );
}

function ChoiceChip({ filter, value, onChoose }: { filter: ChoiceFilter; value: string; onChoose: Set }) {
  return (
    <select
      class={value === "" ? "chip" : "chip chosen"}
      aria-label={filter.label}
      value={value}
      onChange={(event) => onChoose(event.currentTarget.value)}
    >
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
