import * as failures from '../../src/engines/failures.ts';
import type { Place } from '../../src/engines/place.ts';
import { samplesOf } from './samples-of.ts';

const SERVER: Place = {
  kind: 'MySQL server',
  address: 'db.example.com:3306',
  database: 'multiflexi',
  username: 'multiflexi',
  secret: undefined,
};
const FILE: Place = { ...SERVER, kind: 'SQLite file', address: '/var/lib/multiflexi/multiflexi.sqlite' };

/** What drivers report, with the usual next step of its code; a diagnosis of just this failure can have a better one. */
const CODES = Object.keys(failures.FAILURES) as failures.FailureCode[];
const OF_FILES: readonly failures.FailureCode[] = ['SERVER_UNREACHABLE', 'DATABASE_FAILED', 'NOT_A_DATABASE'];
const DETAIL = "the server's own words";
const [first, ...others] = [
  ...CODES.filter((code) => code !== 'NOT_A_DATABASE').map((code) => [code, SERVER, DETAIL] as const),
  ...OF_FILES.map((code) => [code, FILE, "SQLite's own words"] as const),
].map(([...values]) => values as [failures.FailureCode, Place, string]);

const HOLDER = { program: 'db:migrate', host: 'db1', pid: 4711, since: '2026-11-26T22:15:00.000Z' };
const TIME_ZONE = { name: 'time_zone', value: '+00:00', why: 'times would be shifted' };

export default samplesOf(failures, {
  reportedFailure: [first ?? ['DEADLOCK', SERVER, DETAIL], ...others],
  settingNotAccepted: [[SERVER, TIME_ZONE, 'SYSTEM']],
  mayNotSet: [
    [SERVER, TIME_ZONE, 'Access denied'],
    [SERVER, undefined, 'Access denied'],
  ],
  sharedSession: [[SERVER]],
  unreadableTlsFile: [[SERVER.address, 'there is no such file: /etc/ssl/ca.pem']],
  serverTooOld: [['MySQL', '5.7.44', '8.0.19', 'it does not enforce CHECKs']],
  lockNotGranted: [
    [SERVER, 'job', 5_000, 'connection 12 (user report at 10.0.0.7)'],
    [FILE, null, 5_000, null],
  ],
  lockHeld: [
    [{ name: 'migrations', waitMs: 60_000 }, HOLDER, false],
    [{ name: 'migrations', waitMs: 0 }, undefined, false],
    [{ name: 'migrations', waitMs: 0 }, { ...HOLDER, endedBy: 'KILL 12' }, true],
  ],
});
