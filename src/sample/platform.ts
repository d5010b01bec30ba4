/** The platform that the history happens on: everything but jobs and what they leave. */
import { type Account, accounts } from './accounts.ts';
import { applications } from './applications.ts';
import { companies } from './companies.ts';
import { credentials } from './credentials.ts';
import type { FirstIds } from './first-ids.ts';
import type { History } from './history.ts';
import { type NonEmpty, Random } from './random.ts';
import { type RunTemplate, runTemplates } from './run-templates.ts';
import type { SampleTable } from './sample-table.ts';

const JOBS_PER_COMPANY = 2_000;

export interface Platform {
  readonly accounts: NonEmpty<Account>;
  readonly templates: NonEmpty<RunTemplate>;
  /** Parents before children. */
  readonly tables: readonly SampleTable[];
}

/** All of it is there before the first job comes. */
export function platform(history: History, first: FirstIds): Platform {
  const random = new Random(history.seed, 'platform');
  const { start, until } = history;
  const count = Math.min(40, Math.max(3, Math.round(history.jobs / JOBS_PER_COMPANY)));
  const people = accounts(count, first, start, until, random);
  const programs = applications(first, start, random);
  const tenants = companies(count, first, start, random);
  const secrets = credentials(tenants.companies, first, start, random);
  const plans = runTemplates(programs.applications, tenants.companies, first, start, until, random);
  return {
    accounts: people.accounts,
    templates: plans.templates,
    tables: [...people.tables, programs.table, ...tenants.tables, ...secrets, ...plans.tables],
  };
}
