/** What a language has to say. A type of alert without words in one of them does not compile. Pure. */
import type { AlertParams, AlertType } from "../alert.ts";

export interface Said {
  title: string;
  lines: string[];
}

/** `at` writes an ISO time in the relay's own time zone. */
type Say<Type extends AlertType> = (params: AlertParams[Type], at: (iso: string) => string) => Said;

export interface Texts {
  say: { [Type in AlertType]: Say<Type> };
  /** The title of what is over; of what is never told to be, too. */
  over: (title: string) => string;
  again: (title: string) => string;
  /** Behind a message that may have arrived before. */
  repeated: string;
  test: (channel: string) => Said;
}
