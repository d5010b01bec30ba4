/** What is run for whom and how often: the templates that jobs come from. */
import type { Application } from './applications.ts';
import type { Company } from './companies.ts';
import type { FirstIds } from './first-ids.ts';
import { DAY, HOUR, instantText } from './instant.ts';
import { type NonEmpty, nonEmpty, type Random } from './random.ts';
import type { Row, SampleTable } from './sample-table.ts';

export interface RunTemplate {
  readonly id: number;
  readonly name: string;
  readonly application: Application;
  readonly company: Company;
  readonly interv: string;
  readonly executor: string;
  readonly command: string;
  /** JSON of the environment without its closing brace: each job adds its own id. */
  readonly envHead: string;
}

const INTERVALS: NonEmpty<string> = ['h', 'd', 'd', 'd', 'd', 'w', 'm', 'c', 'c', 'n', 'i', 'y'];
const CRONS: NonEmpty<string> = ['*/15 6-18 * * 1-5', '5 4 * * *', '30 7 * * 1', '0 2 1 * *'];
const EXECUTORS: NonEmpty<string> = [
  'Native',
  'Native',
  'Native',
  'Native',
  'Docker',
  'Podman',
  'Kubernetes',
];
const OCCASIONS: NonEmpty<string> = ['denně', 'ráno', 'Nachtlauf', 'koncom mesiaca', 'test', 'pro vedení ✅'];

export function runTemplates(
  applications: NonEmpty<Application>,
  companies: readonly Company[],
  first: FirstIds,
  start: number,
  until: number,
  random: Random,
): { readonly templates: NonEmpty<RunTemplate>; readonly tables: readonly SampleTable[] } {
  const assignments: Row[] = [];
  const templates: RunTemplate[] = [];
  const rows: Row[] = [];
  const values: Row[] = [];
  for (const company of companies) {
    const assigned = nonEmpty(random.shuffled(applications).slice(0, random.between(4, applications.length)));
    for (const application of assigned) {
      assignments.push([
        first.app_to_company + assignments.length,
        application.id,
        company.id,
        instantText(start - random.between(1, 60) * HOUR),
      ]);
    }
    for (let count = random.between(5, 11); count > 0; count--) {
      const application = random.pick(assigned);
      const config = application.fields.map(({ name, type, values }) => ({
        name,
        type,
        value: random.pick(values),
      }));
      const template = runTemplate(
        first.run_template + templates.length,
        application,
        company,
        config,
        random,
      );
      templates.push(template);
      rows.push(templateRow(template, start, until, random));
      for (const { name, type, value } of config) {
        values.push([
          first.config_registry + values.length,
          template.id,
          application.id,
          company.id,
          name,
          value,
          type,
        ]);
      }
    }
  }
  return {
    templates: nonEmpty(templates),
    tables: [
      { table: 'app_to_company', columns: ['id', 'app_id', 'company_id', 'DatCreate'], rows: assignments },
      { table: 'run_template', columns: TEMPLATE_COLUMNS, rows },
      {
        table: 'config_registry',
        columns: ['id', 'run_template_id', 'app_id', 'company_id', 'name', 'value', 'config_type'],
        rows: values,
      },
    ],
  };
}

function runTemplate(
  id: number,
  application: Application,
  company: Company,
  config: readonly { readonly name: string; readonly value: string }[],
  random: Random,
): RunTemplate {
  const env = { ...company.env, ...Object.fromEntries(config.map(({ name, value }) => [name, value])) };
  let { params } = application;
  for (const { name, value } of config) params = params.replace(`{${name}}`, value);
  return {
    id,
    name: `${application.name} – ${random.pick(OCCASIONS)}`,
    application,
    company,
    interv: random.pick(INTERVALS),
    executor: random.pick(EXECUTORS),
    command: `${application.executable} ${params}`,
    envHead: JSON.stringify({ ...env, MULTIFLEXI_RUN_TEMPLATE: String(id) }).slice(0, -1),
  };
}

const TEMPLATE_COLUMNS = [
  'id',
  'app_id',
  'company_id',
  'name',
  'active',
  'interv',
  'cron',
  'delay',
  'executor',
  'env',
  'success',
  'fail',
  'note',
  'last_schedule',
  'next_schedule',
  'DatCreate',
  'DatSave',
];

function templateRow(template: RunTemplate, start: number, until: number, random: Random): Row {
  const active = template.interv !== 'n' && random.chance(0.9);
  return [
    template.id,
    template.application.id,
    template.company.id,
    template.name,
    active,
    template.interv,
    template.interv === 'c' ? random.pick(CRONS) : null,
    random.pick([0, 0, 0, 60, 300]),
    template.executor,
    random.chance(0.3) ? JSON.stringify({ APP_DEBUG: 'true' }) : null,
    random.chance(0.2) ? 'zabbix' : null,
    random.chance(0.4) ? 'mail' : null,
    random.chance(0.1) ? 'Nemazat – používá paní účetní každé pondělí.' : null,
    active ? instantText(until - random.below(DAY)) : null,
    active ? instantText(until + 1 + random.below(DAY)) : null,
    instantText(start - random.between(1, 24) * HOUR),
    random.chance(0.3) ? instantText(start - random.below(HOUR)) : null,
  ];
}
