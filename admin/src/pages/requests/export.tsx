/** The log as a file, narrowed down as the page is. One file reaches back over the newest thousands of rows; src/admin/requests/csv.ts has how many. */
import { Icon } from "../../parts/icon.tsx";
import { words } from "./words.ts";

type Filters = Readonly<Record<string, string | undefined>>;

export function Export({ filters }: { filters: Filters }) {
  return (
    <a class="button" href={exportHref(filters)} download="requests.csv" title={words.csvReach}>
      <Icon name="download" />
      CSV
    </a>
  );
}

export function exportHref(filters: Filters): string {
  const said = Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return said.length === 0 ? "/admin/requests.csv" : `/admin/requests.csv?${new URLSearchParams(said)}`;
}
