/** The person at the terminal is asked for what a task needs confirmed, and nobody else is. */
import { describe, expect, test } from 'vitest';
import { type Confirmed, type Consent, ConsentNeeded, isConfirmed } from '../tasks/index.ts';
import { confirming } from './asking.ts';

const JOBS: Consent = {
  kind: 'oversized',
  guard: 50,
  oversized: [{ company: null, jobs: 15 }],
  jobs: 15,
  confirmedBy: '15',
};
const ORIGIN: Consent = { kind: 'origin', differences: ['company 1 is another'], confirmedBy: 'abcd' };

/** @param answers what is typed, question by question */
function person(answers: readonly string[], { yes = false, there = true } = {}) {
  const said: string[] = [];
  const left = [...answers];
  const retype = async (question: string, word: string) => {
    said.push(question);
    return left.shift() === word;
  };
  const terminal = {
    assumesYes: yes,
    mayAsk: there,
    say: (text: string) => said.push(text),
    noteAsked: () => {},
    retype,
    confirm: (question: string) => retype(question, 'yes'),
  };
  return { terminal, said };
}

/** Needs these, one call after the other. */
function task(...consents: readonly Consent[]) {
  const given: Confirmed[] = [];
  const run = async (confirmed: Confirmed) => {
    given.push(confirmed === 'everything' ? confirmed : [...confirmed]);
    const missing = consents.find((consent) => !isConfirmed(consent, confirmed));
    if (missing) throw new ConsentNeeded([missing], confirmed, 'Nothing was done.');
    return 'done';
  };
  return { run, given };
}

describe('a task that needs consent', () => {
  test('goes on once each question has its answer', async () => {
    const { terminal, said } = person(['15', 'yes']);
    const { run, given } = task(JOBS, ORIGIN);
    expect(await confirming(terminal, run)).toBe('done');
    expect(said).toEqual([
      'This would delete more than 50 % of the jobs: 15 of all jobs.',
      'To continue, type the number of jobs to be deleted (15):',
      'These rows may not belong here: company 1 is another.',
      'Restore them anyway?',
    ]);
    expect(given.at(-1)).toEqual([
      { kind: 'oversized', confirmedBy: '15' },
      { kind: 'origin', confirmedBy: 'abcd' },
    ]);
  });

  test.each([
    ['another number', ['yes'], {}],
    ['nobody there', ['15'], { there: false }],
  ])('is refused: %s', async (_, answers, who) => {
    const { run, given } = task(JOBS);
    await expect(confirming(person(answers, who).terminal, run)).rejects.toBeInstanceOf(ConsentNeeded);
    expect(given).toEqual([[]]);
  });

  test('asks nobody who has said yes to everything, or confirmed something else', async () => {
    const sure = person([], { yes: true });
    const all = task(JOBS, ORIGIN);
    expect(await confirming(sure.terminal, all.run)).toBe('done');
    expect([sure.said, all.given]).toEqual([[], ['everything']]);
    const other = person(['15']);
    const given = [{ kind: 'oversized', confirmedBy: '14' }] as const;
    await expect(confirming(other.terminal, task(JOBS).run, given)).rejects.toThrow('(14)');
    expect(other.said).toEqual([]);
  });
});
