/** The relay's time zone in the form that `Intl` accepts. Pure. */

/** In the form of a `datetime-local` input, in that zone. */
export function localTimeIn(zone: string, iso: string): string {
  const [hours = 0, minutes = 0] = zone.slice(1).split(":").map(Number);
  const ahead = (hours * 60 + minutes) * 60_000;
  return new Date(Date.parse(iso) + (zone.startsWith("-") ? -ahead : ahead)).toISOString().slice(0, 16);
}

/** 8 → "+08:00", -3.5 → "-03:30". */
export function zoneOf(offsetHours: number): string {
  const minutes = Math.round(Math.abs(offsetHours) * 60);
  const two = (figure: number) => String(figure).padStart(2, "0");
  return `${offsetHours < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
