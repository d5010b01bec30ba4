/** The companies, what is set for all their jobs, and the credentials they lent to the platform. */
import { type FirstIds, suffix } from './first-ids.ts';
import { DAY, instantText } from './instant.ts';
import { plainName } from './plain-name.ts';
import { type NonEmpty, nonEmpty, type Random } from './random.ts';
import type { Row, SampleTable } from './sample-table.ts';

export interface Company {
  readonly id: number;
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

const STEMS = [
  'Květinářství Růžička',
  'Pekárna U Žáčků',
  'Autoservis Šťastný',
  'Müller & Söhne',
  'Stolárstvo Ďurica',
  'Vinárstvo Kráľová',
  'Bäckerei Großmann',
  'Čerstvá zelenina',
  'Zámečnictví Dvořák',
  'Größenwahn Möbel',
  'Účtárna Na Příkopě',
  'Kaviareň Ľalia ☕',
  'Hřebíček & syn',
  'Lékárna Zlatý lev',
  'Späti Österreich',
  'Nábytok Žilina',
  'Elektro Jiskra',
  'Tischlerei Weiß',
  'Ovocné sady Třešeň 🍒',
  'Softwarehaus Köln',
] as const;
const FORMS: NonEmpty<string> = ['s.r.o.', 'a.s.', 'spol. s r.o.', 'GmbH', 'KG', 'v.o.s.'];
const TOWNS: NonEmpty<string> = ['Plzeň', 'Košice', 'München', 'Ústí nad Labem', 'Žďár', 'Görlitz'];

const VARIABLES: readonly (readonly [keyword: string, value: (slug: string) => string])[] = [
  ['LEDGER_COMPANY', (slug) => slug.replaceAll('-', '_')],
  ['MAIL_FROM', (slug) => `robot@${slug}.example.com`],
  ['TZ', () => 'Europe/Prague'],
  ['HTTPS_PROXY', () => 'http://proxy.example.com:3128'],
  ['REPORT_FOOTER', () => 'Vygenerováno automaticky – Příjemný den! 🙂'],
];

export function companies(
  count: number,
  first: FirstIds,
  start: number,
  random: Random,
): { readonly companies: NonEmpty<Company>; readonly tables: readonly SampleTable[] } {
  const rows: Row[] = [];
  const variables: Row[] = [];
  const found = names(count, random).map((name, index): Company => {
    const id = first.company + index;
    const slug = `${plainName(name)}${suffix(first.company)}`;
    const env = VARIABLES.slice(0, random.between(2, VARIABLES.length));
    rows.push([
      id,
      index < 3 || random.chance(0.95),
      slug,
      name,
      String(random.between(1_000_000, 99_999_999)).padStart(8, '0'),
      `info@${slug}.example.com`,
      random.chance(0.4) ? `${slug}.zabbix.example.com` : null,
      JSON.stringify({ currency: random.pick(['CZK', 'EUR']), vatPayer: random.chance(0.8) }),
      instantText(start - random.between(1, 800) * DAY - random.below(DAY)),
      random.chance(0.5) ? instantText(start - random.below(DAY)) : null,
    ]);
    for (const [keyword, value] of env) {
      variables.push([first.company_env + variables.length, id, keyword, value(slug)]);
    }
    return { id, name, env: Object.fromEntries(env.map(([keyword, value]) => [keyword, value(slug)])) };
  });
  return {
    companies: nonEmpty(found),
    tables: [
      {
        table: 'company',
        columns: [
          'id',
          'enabled',
          'slug',
          'name',
          'ic',
          'email',
          'zabbix_host',
          'settings',
          'DatCreate',
          'DatUpdate',
        ],
        rows,
      },
      { table: 'company_env', columns: ['id', 'company_id', 'keyword', 'value'], rows: variables },
    ],
  };
}

/** All different: once the stems are used up, a town tells the branches apart. */
function names(count: number, random: Random): string[] {
  const stems = random.shuffled(STEMS);
  return Array.from({ length: count }, (_, index) => {
    const branch = index < stems.length ? '' : ` ${random.pick(TOWNS)}`;
    return `${stems[index % stems.length]}${branch} ${random.pick(FORMS)}`;
  });
}
