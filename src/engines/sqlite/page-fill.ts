/** What rows and index entries of a known length take in an SQLite file. Source: https://www.sqlite.org/fileformat2.html#b_tree_pages */

/** Beside the payload: a pointer to the cell and the payload's length; of a row, its id as well. */
const ENTRY_BYTES = 3;
const ROW_BYTES = 7;
/** A record begins with its own length and a type for each column. */
export const HEADER_BYTES = 2;
/** Of an id in an index entry, or of another integer: most are stored in three bytes. */
export const INTEGER_BYTES = 3;

export interface Taken {
  readonly pageBytes: number;
  /** Of whole pages that hold nothing but what did not fit. */
  readonly overflowBytes: number;
}

/** @param payload bytes of a row's record @param page bytes of a page, none of it reserved */
export function rowTakes(payload: number, page: number): Taken {
  return split(payload, ROW_BYTES, page, page - 35);
}

/** Entries are kept shorter than rows: at least four fit on a page. */
export function entryTakes(payload: number, page: number): Taken {
  return split(payload, ENTRY_BYTES, page, Math.floor(((page - 12) * 64) / 255) - 23);
}

/** SQLite's own rule: what lies outside fills whole pages where what is left inside may be short enough for that. */
function split(payload: number, beside: number, page: number, most: number): Taken {
  if (payload <= most) return { pageBytes: payload + beside, overflowBytes: 0 };
  const least = Math.floor(((page - 12) * 32) / 255) - 23;
  const fitting = least + ((payload - least) % (page - 4));
  const inside = fitting <= most ? fitting : least;
  return {
    pageBytes: inside + 4 + beside,
    overflowBytes: Math.ceil((payload - inside) / (page - 4)) * page,
  };
}

/** Pages that are filled one after the other, as by rows whose ids go up: what does not fit begins the next one. */
export class Filling {
  pages = 0;
  private left = 0;
  private readonly room: number;

  constructor(page: number) {
    this.room = page - 8;
  }

  add(bytes: number): void {
    if (bytes > this.left) {
      this.pages += 1;
      this.left = this.room;
    }
    this.left -= bytes;
  }
}
