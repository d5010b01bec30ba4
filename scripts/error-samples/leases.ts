import * as failures from '../../src/leases/failures.ts';
import { samplesOf } from './samples-of.ts';

const STATE = {
  name: 'housekeeper',
  term: 12n,
  program: 'housekeeper:run',
  host: 'db1',
  pid: 4711,
  since: '2026-11-26T22:15:00.000Z',
  renewedAt: '2026-11-26T22:16:00.000Z',
  held: true,
  released: false,
};

export default samplesOf(failures, {
  leaseHeld: [
    [{ name: 'housekeeper', waitMs: 60_000, timeToLiveMs: 60_000 }, STATE],
    [
      { name: 'housekeeper', waitMs: 0, timeToLiveMs: 60_000 },
      { ...STATE, held: false },
    ],
    [{ name: 'housekeeper', waitMs: 0, timeToLiveMs: 60_000 }, undefined],
  ],
  leaseTaken: [
    ['housekeeper', STATE],
    ['housekeeper', null],
  ],
  leaseNotRenewed: [['housekeeper', 60_000, 'the server did not answer']],
  leaseReleased: [['housekeeper']],
});
