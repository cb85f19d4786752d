/** A button in a row. Its spoken name includes the row's, for a list of forty "Delete" buttons says nothing. */
interface Props {
  label: string;
  of: string;
  busy: boolean;
  danger?: boolean;
  onAct: () => unknown;
}

export function Act({ label, of, busy, danger, onAct }: Props) {
  return (
    <button
      type="button"
      class={danger ? "quiet danger" : "quiet"}
      aria-label={`${label}: ${of}`}
      disabled={busy}
      onClick={() => void onAct()}
    >
      {label}
    </button>
  );
}
