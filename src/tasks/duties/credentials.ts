/** Credentials whose required fields are missing are reported; nothing is changed. */
import { type CredentialFault, checkCredentials, type Definitions } from '../../maintenance/index.ts';
import { parseRowId } from '../../schema/index.ts';
import type { Duty, DutyContext, DutyPlan, DutyStep } from './duty.ts';
import { WorkTime } from './work-time.ts';

const PAGE = 200;
/** Credentials that a run looks at. */
const MOST = 5_000;
/** Faults that are reported one by one. */
const MOST_REPORTED = 20;
/** Of a fault: names of fields, and characters of each. */
const MOST_NAMES = 10;
const LONGEST_NAME = 64;

/** Its position is an id. */
export const credentials: Duty = {
  name: 'credentials',
  summary: 'reports credentials of enabled companies that lack fields which their prototype requires',
  deletes: false,
  settings: [],
  plan,
};

async function plan(context: DutyContext): Promise<DutyPlan> {
  const { engine, position } = context;
  const time = new WorkTime(context);
  const known: Definitions = new Map();
  const faults: CredentialFault[] = [];
  let found = 0;
  let after = typeof position === 'string' ? parseRowId(position) : undefined;
  for (let looked = 0; looked < MOST && time.over() === null; looked += PAGE) {
    const page = await checkCredentials(engine, known, { after, limit: PAGE });
    found += page.faults.length;
    faults.push(...page.faults.slice(0, MOST_REPORTED - faults.length));
    after = page.last;
    if (after === undefined) break;
  }
  context.signal?.throwIfAborted();
  const steps = [...faults.map(stepOf), ...restOf(found - faults.length)];
  const next = after?.toString();
  return {
    steps,
    position: next,
    run: async () => ({ steps, bytes: null, backlog: null, position: next, stopped: null }),
  };
}

function stepOf(fault: CredentialFault): DutyStep {
  if (fault.kind === 'definition-unreadable')
    return report(
      'credential prototype',
      `prototype ${fault.prototype} has a definition that cannot be read`,
    );
  if (fault.kind === 'fields-unreadable')
    return report('credential', `credential ${fault.credential} has fields that cannot be read`);
  return report('credential', `credential ${fault.credential} lacks ${namesOf(fault.fields)}`);
}

function report(what: string, detail: string): DutyStep {
  return { action: 'report', what, count: 1, detail };
}

function restOf(more: number): readonly DutyStep[] {
  return more === 0
    ? []
    : [{ action: 'report', what: 'credential', count: more, detail: 'more of the same, not listed' }];
}

/** They come from the definition, which anybody may have written. */
function namesOf(fields: readonly string[]): string {
  const names = fields
    .slice(0, MOST_NAMES)
    .map((name) => name.replace(/\p{C}/gu, '?').slice(0, LONGEST_NAME));
  const more = fields.length - names.length;
  return more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`;
}
