/** What the platform writes of its work, in the languages of those who wrote it. */

import { SECOND } from './instant.ts';
import type { Job } from './jobs.ts';
import type { NonEmpty, Random } from './random.ts';

export type Severity = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical';

export interface Message {
  readonly severity: Severity;
  readonly venue: string;
  readonly text: string;
}

/** Says one thing of a job; messages are worded only when their entry is written. */
export type Say = (job: Job, random: Random) => Message;

export const scheduled: Say = ({ id, template, scheduleType, launchedBy }) => ({
  severity: 'info',
  venue: 'MultiFlexi\\Scheduler',
  text: `Job #${id} scheduled (${scheduleType}${launchedBy ? ` by ${launchedBy.login}` : ''}): ${template.name}, ${template.company.name}`,
});

export const began: Say = ({ id, template, pid }) => ({
  severity: 'debug',
  venue: `MultiFlexi\\Executor\\${template.executor}`,
  text: `Job #${id} started as process ${pid}: ${template.command}`,
});

const REMARKS: NonEmpty<Say> = [
  remark('debug', (job, n) => `Environment of job #${job.id} prepared, ${n % 30} variables from 4 sources`),
  remark('debug', (job, n) => `Job #${job.id}: ${n} bytes read from stdout, process ${job.pid} is alive`),
  remark(
    'debug',
    (job, n) => `Vorgang #${job.id}: Antwort des Servers nach ${n % 4_000} ms, Größe ${n} Bytes`,
  ),
  remark('info', (job, n) => `Úloha #${job.id}: zpracováno ${n % 800} dokladů, přeskočeno ${n % 7}`),
  remark('info', (job, n) => `Úloha #${job.id}: spárovaných ${n % 300} platieb, nespárovaných ${n % 9}`),
  remark(
    'info',
    (job) => `Job #${job.id}: result file ${job.template.application.resultfile} found and stored`,
  ),
  remark(
    'notice',
    (job, n) => `Úloha #${job.id}: příští běh se posouvá o ${n % 600} s, předchozí ještě neskončil 🐢`,
  ),
  remark(
    'warning',
    (job, n) => `Job #${job.id}: the service answered 429 Too Many Requests, waiting ${n % 60} s`,
  ),
  remark('warning', (job, n) => `Úloha #${job.id}: doklad VF${n} nemá variabilní symbol, žluťoučký kůň úpí`),
];

function remark(severity: Severity, text: (job: Job, n: number) => string): Say {
  return (job, random) => ({
    severity,
    venue: `MultiFlexi\\Application\\${job.template.application.code}`,
    text: text(job, random.below(100_000)),
  });
}

export const remarked: Say = (job, random) => random.pickEarly(REMARKS)(job, random);

export const ended: Say = (job) => {
  const { id, status, exitcode, begin, end, template } = job;
  const seconds = begin === null || end === null ? '0' : ((end - begin) / SECOND).toFixed(3);
  const of = `${template.application.name}, ${template.company.name}`;
  const venue = `MultiFlexi\\Executor\\${template.executor}`;
  if (status === 'ok')
    return { severity: 'info', venue, text: `Job #${id} succeeded after ${seconds} s: ${of}` };
  if (status === 'failed') {
    const text = `Job #${id} failed with exit code ${exitcode} after ${seconds} s: ${of}`;
    return { severity: exitcode === 137 ? 'critical' : 'error', venue, text };
  }
  return { severity: 'notice', venue, text: `Úloha #${id} byla zrušena po ${seconds} s: ${of}` };
};

/** Entries that are of no job. */
const GENERAL: NonEmpty<(n: number) => Message> = [
  (n) => ({
    severity: 'debug',
    venue: 'MultiFlexi\\Scheduler',
    text: `Scheduler woke up: ${n % 20} run templates due, ${n % 6} jobs waiting in the queue`,
  }),
  (n) => ({
    severity: 'info',
    venue: 'MultiFlexi\\Api',
    text: `GET /api/jobs?limit=${n % 100} answered 200 after ${n % 700} ms for 192.0.2.${n % 250}`,
  }),
  (n) => ({
    severity: 'notice',
    venue: 'MultiFlexi\\Login',
    text: `Uživatel se přihlásil z adresy 198.51.100.${n % 250}, předchozí přihlášení před ${n % 30} dny`,
  }),
  (n) => ({
    severity: 'warning',
    venue: 'MultiFlexi\\Zabbix',
    text: `Zabbix nimmt keine Daten an, ${n % 50} Werte warten; nächster Versuch in ${n % 60} s ⏳`,
  }),
  (n) => ({
    severity: 'critical',
    venue: 'MultiFlexi\\Daemon',
    text: `Disk /var/lib/multiflexi is ${90 + (n % 10)} % full, artifacts may be lost soon`,
  }),
];

export function generalMessage(random: Random): Message {
  return random.pickEarly(GENERAL)(random.below(100_000));
}
