/** The content of a backup file's chunks, in JSON: pages of rows, and at the end how many rows there were. */

/** Some rows of one part. */
export interface Page {
  part: string;
  /** The names of the values of each row, in order. */
  columns: string[];
  rows: Value[][];
  /**
   * A row's place in this page → its secret, as JSON in a box for the backup's recipient. The secret of a row that is missing here could
   * not be opened when the backup was made.
   */
  box?: string;
}

export type Value = string | number | null;

/** The last chunk. */
export interface End {
  end: {
    /** Part → how many of its rows the file has. */
    rows: Record<string, number>;
  };
}

/** The purpose of a page's box. */
export function secretsPurpose(part: string): string {
  return `secrets of ${part}`;
}
