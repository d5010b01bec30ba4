/** A row that the verdict takes for one to delete is deleted: each thing that keeps one, by itself. */
import { expect, test } from 'vitest';
import type { JobFacts } from './facts.ts';
import { type Holds, noHolds } from './held-rows.ts';
import type { JobScope } from './scopes.ts';
import { jobVerdict, logVerdict } from './verdict.ts';

const OLD = '2026-01-01 00:00:00.000000';
const BOUNDARY = { at: '2026-06-01 00:00:00.000000', id: 10n };

const scope: JobScope = {
  company: 1n,
  template: 'all',
  statuses: ['ok', 'failed'],
  before: BOUNDARY,
  spared: [5n],
  archive: false,
};
const job: JobFacts = { id: 3n, at: OLD, company_id: 1n, run_template_id: 7n, status: 'ok' };
const free = noHolds(OLD);
const isDeleted = (changed: Partial<JobFacts>, scopes = [scope], holds: Holds = free) =>
  jobVerdict(scopes)({ ...job, ...changed }, holds) !== undefined;

test('an old, finished job of a company with a rule is deleted, with a run template or without one', () => {
  expect([isDeleted({}), isDeleted({ run_template_id: null })]).toEqual([true, true]);
});

test.each<[string, Partial<JobFacts>]>([
  ['is running', { status: 'running' }],
  ['is waiting', { status: 'waiting' }],
  ['has a status that nobody knows', { status: 'Ok' }],
  ['ended in a way that the rule leaves alone', { status: 'canceled' }],
  ['is of another company', { company_id: 2n }],
  ['is the last success', { id: 5n }],
  ['is the boundary itself', BOUNDARY],
  ['is newer, if by its id alone', { at: BOUNDARY.at, id: 11n }],
])('a job is kept that %s', (_, changed) => {
  expect(isDeleted(changed)).toBe(false);
});

test('a running job is kept even by a rule that names its status', () => {
  const statuses = ['running'] as unknown as JobScope['statuses'];
  expect(isDeleted({ status: 'running' }, [{ ...scope, statuses }])).toBe(false);
});

test.each<[string, Partial<Holds>]>([
  ['itself', { jobs: new Set([3n]) }],
  ['with its run template', { templates: new Set([7n]) }],
  ['with its company', { companies: new Set([1n]) }],
])('a job is kept that is held: %s', (_, held) => {
  expect(isDeleted({}, [scope], { ...free, ...held })).toBe(false);
});

test('jobs of one run template, and those of none, do not follow the scopes of each other', () => {
  const ofNone: JobScope = { ...scope, template: null };
  const ofOther: JobScope = { ...scope, template: 8n };
  expect([
    isDeleted({}, [ofNone, ofOther]),
    isDeleted({ run_template_id: null }, [ofOther]),
    isDeleted({ run_template_id: null }, [ofNone]),
    isDeleted({ run_template_id: 8n }, [ofNone, ofOther]),
  ]).toEqual([false, false, true, true]);
});

test('the scope that is named is the one whose archive the job is saved to', () => {
  const archived: JobScope = { ...scope, statuses: ['failed'], archive: true };
  const verdict = jobVerdict([{ ...scope, statuses: ['ok'] }, archived]);
  expect([verdict(job, free)?.archive, verdict({ ...job, status: 'failed' }, free)?.archive]).toEqual([
    false,
    true,
  ]);
});

test('a log entry is deleted by the boundary of its own company, and that of nobody by its own', () => {
  const verdict = logVerdict([
    { company: 1n, before: BOUNDARY, archive: false },
    { company: null, before: { at: OLD, id: 100n }, archive: false },
  ]);
  const entry = { id: 50n, at: OLD, company_id: 1n };
  expect([
    verdict(entry),
    verdict({ ...entry, company_id: 2n }),
    verdict({ ...entry, company_id: null }),
    verdict({ ...entry, company_id: null, id: 100n }),
    verdict({ ...entry, ...BOUNDARY }),
  ]).toEqual([true, false, true, false, false]);
});
