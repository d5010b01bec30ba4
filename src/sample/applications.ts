/** Registers applications of the catalogue, as the platform does. */
import { APPLICATIONS, type ApplicationDefinition } from './application-catalogue.ts';
import type { FirstIds } from './first-ids.ts';
import { DAY, instantText } from './instant.ts';
import { type NonEmpty, nonEmpty, type Random } from './random.ts';
import type { SampleTable } from './sample-table.ts';

export interface Application extends ApplicationDefinition {
  readonly id: number;
  /** Oldest first: the version in use changes while the history goes on. */
  readonly versions: NonEmpty<string>;
}

export function applications(
  first: FirstIds,
  start: number,
  random: Random,
): { readonly applications: NonEmpty<Application>; readonly table: SampleTable } {
  const found = random
    .shuffled(APPLICATIONS)
    .slice(0, random.between(8, 12))
    .map((definition, index): Application => {
      const major = random.between(0, 3);
      const minor = random.between(0, 20);
      return {
        ...definition,
        id: first.applications + index,
        versions: [
          `${major}.${minor}.0`,
          `${major}.${minor + 1}.0`,
          `${major}.${minor + 1}.${random.between(1, 9)}`,
        ],
      };
    });
  return {
    applications: nonEmpty(found),
    table: {
      table: 'applications',
      columns: [
        'id',
        'enabled',
        'uuid',
        'code',
        'name',
        'description',
        'version',
        'executable',
        'cmdparams',
        'deploy',
        'ociimage',
        'homepage',
        'requirements',
        'resultfile',
        'environment',
        'topics',
        'DatCreate',
        'DatUpdate',
      ],
      rows: found.map((application) => [
        application.id,
        true,
        random.uuid(application.id),
        application.code,
        application.name,
        application.description,
        application.versions.at(-1) ?? null,
        application.executable,
        application.params,
        `apt install multiflexi-${application.executable}`,
        random.chance(0.5) ? `registry.example.com/multiflexi/${application.executable}:latest` : null,
        `https://apps.example.com/${application.executable}`,
        application.fields.some(({ name }) => name === 'LEDGER_URL') ? 'Ledger' : null,
        application.resultfile,
        environment(application),
        application.topics,
        instantText(start - random.between(30, 900) * DAY),
        random.chance(0.6) ? instantText(start - random.below(20 * DAY)) : null,
      ]),
    },
  };
}

function environment({ fields }: ApplicationDefinition): string {
  return JSON.stringify(
    Object.fromEntries(
      fields.map(({ name, type, values }) => [name, { type, default: values[0], required: type === 'url' }]),
    ),
  );
}
