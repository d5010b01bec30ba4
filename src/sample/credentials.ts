/** Credentials: the prototypes that the platform knows, and what companies made of them. */
import type { Company } from './companies.ts';
import { type FirstIds, suffix } from './first-ids.ts';
import { DAY, instantText } from './instant.ts';
import { plainName } from './plain-name.ts';
import type { Random } from './random.ts';
import type { Row, SampleTable } from './sample-table.ts';

const PROTOTYPES = [
  ['Ledger', 'Účetní systém', 'https://ledger.example.com', ['LEDGER_URL', 'LEDGER_USER', 'LEDGER_PASSWORD']],
  ['BankApi', 'Bankovní API 🏦', 'https://api.bank.example.com', ['BANK_CLIENT_ID', 'BANK_CERTIFICATE']],
  ['Mail', 'Poštový server', 'smtps://mail.example.com', ['MAIL_HOST', 'MAIL_USER', 'MAIL_PASSWORD']],
  ['Shop', 'Händlerzugang zum Onlineshop', 'https://shop.example.de', ['SHOP_URL', 'SHOP_TOKEN']],
] as const;

export function credentials(
  companies: readonly Company[],
  first: FirstIds,
  start: number,
  random: Random,
): readonly SampleTable[] {
  const prototypes = PROTOTYPES.map(([code, name, url, fields], index): Row => {
    const id = first.credential_prototype + index;
    return [
      id,
      random.uuid(id),
      `${code}${suffix(first.credential_prototype)}`,
      name,
      `Přístup ke službě ${name}`,
      '1.0',
      url,
      `https://apps.example.com/credentials/${plainName(code)}`,
      plainName(code),
      JSON.stringify({
        fields: fields.map((field) => ({ name: field, secret: !/URL|HOST|USER/.test(field) })),
      }),
      instantText(start - random.between(100, 300) * DAY),
      null,
    ];
  });
  const types: Row[] = [];
  const numbered = PROTOTYPES.map((prototype, index) => ({ prototype, index }));
  for (const company of companies) {
    for (const { prototype, index } of random.shuffled(numbered).slice(0, random.between(1, 3))) {
      const [, name, url, fields] = prototype;
      const id = first.credential_type + types.length;
      types.push([
        id,
        company.id,
        random.uuid(id),
        `${name} – ${company.name}`,
        '1.0',
        url,
        // As the platform stores them: not to be read without its key.
        JSON.stringify(Object.fromEntries(fields.map((field) => [field, `enc:v1:${random.hex(32)}`]))),
        instantText(start - random.below(90 * DAY)),
        random.chance(0.3) ? instantText(start - random.below(DAY)) : null,
        first.credential_prototype + index,
      ]);
    }
  }
  return [
    {
      table: 'credential_prototype',
      columns: [
        'id',
        'uuid',
        'code',
        'name',
        'description',
        'version',
        'url',
        'homepage',
        'tags',
        'definition',
        'created_at',
        'updated_at',
      ],
      rows: prototypes,
    },
    {
      table: 'credential_type',
      columns: [
        'id',
        'company_id',
        'uuid',
        'name',
        'version',
        'url',
        'fields',
        'created_at',
        'updated_at',
        'credential_prototype_id',
      ],
      rows: types,
    },
  ];
}
