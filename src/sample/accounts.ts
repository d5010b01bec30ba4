/** The people who log in, and the tokens of their programs. */
import { type FirstIds, suffix } from './first-ids.ts';
import { DAY, HOUR, instantText } from './instant.ts';
import { plainName } from './plain-name.ts';
import { type NonEmpty, nonEmpty, type Random } from './random.ts';
import type { Row, SampleTable } from './sample-table.ts';

export interface Account {
  readonly id: number;
  readonly login: string;
}

const PEOPLE: NonEmpty<readonly [firstname: string, lastname: string]> = [
  ['Jana', 'Nováková'],
  ['Jiří', 'Dvořák'],
  ['Zdeňka', 'Růžičková'],
  ['Ľubomír', 'Hruška'],
  ['Žofia', 'Kráľová'],
  ['Jürgen', 'Müller'],
  ['Käthe', 'Schröder'],
  ['Ondřej', 'Šťastný'],
  ['Božena', 'Čermáková'],
  ['Štefan', 'Ďurica'],
  ['Anneliese', 'Weiß'],
  ['Tomáš', 'Příhoda'],
];

/** A fifth of a person for each company, as in an office that keeps the books of others. */
export function accounts(
  companies: number,
  first: FirstIds,
  start: number,
  until: number,
  random: Random,
): { readonly accounts: NonEmpty<Account>; readonly tables: readonly SampleTable[] } {
  const people = random.shuffled(PEOPLE).slice(0, Math.max(3, Math.ceil(companies / 5) + 1));
  const found: Account[] = [];
  const users: Row[] = [];
  const tokens: Row[] = [];
  people.forEach(([firstname, lastname], index) => {
    const id = first.user + index;
    const login = `${plainName(firstname)}.${plainName(lastname)}${suffix(first.user)}`;
    const created = start - random.between(1, 700) * DAY - random.below(DAY);
    found.push({ id, login });
    users.push([
      id,
      index === 0 || random.chance(0.9),
      login,
      `${login}@example.com`,
      firstname,
      lastname,
      // The form of a hash, of nothing: nobody can log in with it.
      `$2y$12$${random.hex(53)}`,
      JSON.stringify({
        language: random.pick(['cs', 'sk', 'de', 'en']),
        pageSize: random.pick([20, 50, 100]),
      }),
      instantText(created),
      random.chance(0.5) ? instantText(until - random.below(30 * DAY)) : null,
    ]);
    for (const validUntil of [
      until - random.between(1, 200) * DAY,
      until + random.between(1, 90) * DAY,
      index % 2 === 0 ? null : until - random.between(1, 48) * HOUR,
    ]) {
      const tokenId = first.token + tokens.length;
      tokens.push([
        tokenId,
        id,
        `${random.hex(48)}${tokenId.toString(16).padStart(16, '0')}`,
        instantText((validUntil ?? until) - 365 * DAY),
        validUntil === null ? null : instantText(validUntil),
      ]);
    }
  });
  return {
    accounts: nonEmpty(found),
    tables: [
      {
        table: 'user',
        columns: [
          'id',
          'enabled',
          'login',
          'email',
          'firstname',
          'lastname',
          'password',
          'settings',
          'DatCreate',
          'DatSave',
        ],
        rows: users,
      },
      { table: 'token', columns: ['id', 'user_id', 'token', 'start', 'until'], rows: tokens },
    ],
  };
}
