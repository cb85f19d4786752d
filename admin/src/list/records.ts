/** A list of records that people create. It is read again after each change. */
import type { Answer } from "../api.ts";
import type { Problem } from "../problem.ts";
import { createList, type List, type ListPage, type PageQuery } from "./list.ts";

/** The calls of the API. */
export interface RecordCalls<Row, Filters, Input, Change, Made, Changed> {
  read: (page: PageQuery, filters: Filters, signal: AbortSignal) => Promise<Answer<ListPage<Row>>>;
  make: (input: Input) => Promise<Answer<Made>>;
  change: (id: string, input: Change) => Promise<Answer<Changed>>;
  remove: (id: string) => Promise<Answer<unknown>>;
}

export interface Records<Row, Filters, Input, Change = Input, Made = Row, Changed = Row> extends List<Row, Filters> {
  make(input: Input): Promise<Answer<Made>>;
  change(id: string, input: Change): Promise<Answer<Changed>>;
  remove(id: string): Promise<Problem | null>;
}

export function createRecords<Row, Filters extends object, Input, Change, Made, Changed>(
  calls: RecordCalls<Row, Filters, Input, Change, Made, Changed>,
): Records<Row, Filters, Input, Change, Made, Changed> {
  const list = createList<Row, Filters>(calls.read);

  async function then<Value>(answering: Promise<Answer<Value>>): Promise<Answer<Value>> {
    const answer = await answering;
    if (answer.ok) await list.refresh();
    return answer;
  }

  return {
    ...list,
    make: (input) => then(calls.make(input)),
    change: (id, input) => then(calls.change(id, input)),
    async remove(id) {
      const answer = await then(calls.remove(id));
      return answer.ok ? null : answer.problem;
    },
  };
}
