/** The name of the record that is open, above the page and in the title of the window. */
import { useEffect } from "preact/hooks";
import type { Console } from "../console.ts";

/** `name`: null until it is known. */
export function useCrumb({ crumb }: Pick<Console, "crumb">, name: string | null): void {
  useEffect(() => {
    crumb.value = name;
    return () => {
      crumb.value = null;
    };
  }, [crumb, name]);
}
