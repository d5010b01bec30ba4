/**
 * Sees every row of a company's export as it was written, and knows nothing of the conditions by which rows were chosen:
 * no row may have the id of another company, and whatever a row refers to must have been written before it.
 */

import type { Row } from '../row-stream/values.ts';
import { rowWords } from '../row-stream/values.ts';
import { streamTableOf } from '../rows/stream-table.ts';
import { COMPANY, type CompanyTable } from './company-rows.ts';
import { rowOfAnotherCompany, strangeRow } from './failures.ts';
import { KnownIds } from './known-ids.ts';

interface Watched {
  readonly table: ReturnType<typeof streamTableOf>;
  readonly links: readonly {
    readonly column: string;
    readonly place: number;
    readonly target: string;
  }[];
  /** Where the values are that others refer to; -1 where nobody does. */
  readonly idPlace: number;
  readonly ids: KnownIds;
}

export class CompanyWitness {
  private readonly company: bigint;
  private readonly watched: ReadonlyMap<string, Watched>;

  constructor(company: bigint, tables: readonly CompanyTable[]) {
    this.company = company;
    const referredBy = new Map(
      tables.flatMap(({ links }) => links.map((link) => [link.target, link.targetColumn])),
    );
    this.watched = new Map(
      tables.map(({ table, links }) => {
        const streamed = streamTableOf(table);
        const placeOf = (column: string | undefined) =>
          streamed.columns.findIndex(({ name }) => name === column);
        return [
          table.name,
          {
            table: streamed,
            // Within a table a row may be ahead of the one that it refers to.
            links: links
              .filter(({ target }) => target !== table.name)
              .map(({ column, target }) => ({ column, target, place: placeOf(column) })),
            idPlace: placeOf(referredBy.get(table.name)),
            ids: new KnownIds(),
          },
        ];
      }),
    );
  }

  /** @throws VERIFICATION_FAILED */
  see(name: string, row: Row): void {
    const watched = this.watched.get(name);
    if (!watched) throw new Error(`the table ${name} is not of a company's export`);
    const { table, links, idPlace, ids } = watched;
    const id = row[idPlace];
    if (name === COMPANY && id !== this.company) throw strangeRow(rowWords(table, row), 'id', String(id));
    for (const { column, place, target } of links) {
      const value = row[place];
      if (value === null || value === undefined) continue;
      if (target === COMPANY && value !== this.company)
        throw strangeRow(rowWords(table, row), column, String(value));
      if (typeof value !== 'bigint' || !this.watched.get(target)?.ids.has(value))
        throw rowOfAnotherCompany(rowWords(table, row), column, `${target} ${String(value)}`);
    }
    if (typeof id === 'bigint') ids.add(id);
  }
}
