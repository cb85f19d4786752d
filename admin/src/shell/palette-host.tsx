/** Opens the palette, by its key or its button, and fetches its code when it is first needed. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Console } from "../console.ts";
import { type Lazy, lazy } from "../router/lazy.tsx";
import type { Router } from "../router/router.ts";

export interface PaletteProps {
  data: Console;
  router: Router;
  onSignOut: () => void;
  onClose: () => void;
}

export interface PaletteSwitch {
  open: ReadonlySignal<boolean>;
  show(): void;
  hide(): void;
}

const palettePart: Lazy<PaletteProps> = lazy(() => import("../palette/palette.tsx").then((part) => part.Palette));

export function createPaletteSwitch(): PaletteSwitch {
  const open = signal(false);
  return {
    open,
    show() {
      open.value = true;
    },
    hide() {
      open.value = false;
    },
  };
}

interface Props extends Omit<PaletteProps, "onClose"> {
  palette: PaletteSwitch;
}

export function PaletteHost({ palette, data, router, onSignOut }: Props) {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      // Not above a drawer or a question, which would stay open behind the page that it leads to.
      if (document.querySelector("dialog[open]") === null) palette.show();
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [palette]);

  if (!palette.open.value) return null;
  return <palettePart.Page data={data} router={router} onSignOut={onSignOut} onClose={palette.hide} />;
}
