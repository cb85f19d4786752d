/** What the chunks of a backup file hold: pages of rows, and at the end how many there were. JSON. */

/** Some rows of one part. */
export interface Page {
  part: string;
  /** The names of what each row has, in order. */
  columns: string[];
  rows: Value[][];
  /**
   * Row's place in this page → its secret, as JSON in a box for the backup's recipient. A row that has none here could not be
   * opened when the backup was made.
   */
  box?: string;
}

export type Value = string | number | null;

/** The last chunk. */
export interface End {
  end: {
    /** Part → how many rows of it the file has. */
    rows: Record<string, number>;
  };
}

/** Of a page's box. */
export function secretsPurpose(part: string): string {
  return `secrets of ${part}`;
}
