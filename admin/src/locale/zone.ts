/** The relay's time zone, as `Intl` takes it. Pure. */

/** 8 → "+08:00", -3.5 → "-03:30". */
export function zoneOf(offsetHours: number): string {
  const minutes = Math.round(Math.abs(offsetHours) * 60);
  const two = (figure: number) => String(figure).padStart(2, "0");
  return `${offsetHours < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
