/** The words that a language must have. If a type of alert lacks them in one language, it does not compile. Pure. */
import type { AlertParams, AlertType } from "../alert.ts";

export interface Said {
  title: string;
  lines: string[];
}

/** `at` writes an ISO time in the relay's own time zone. */
type Say<Type extends AlertType> = (params: AlertParams[Type], at: (iso: string) => string) => Said;

export interface Texts {
  say: { [Type in AlertType]: Say<Type> };
  /** The title of a condition that is over; needed also for types whose end is never told. */
  over: (title: string) => string;
  again: (title: string) => string;
  /** Added to a message that may have arrived before. */
  repeated: string;
  test: (channel: string) => Said;
}
