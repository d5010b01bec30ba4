import * as failures from '../../src/tasks/failures.ts';
import { rowTooLarge } from '../../src/transfer/failures.ts';
import { samplesOf } from './samples-of.ts';

const TOO_LARGE = rowTooLarge('artifacts with id 12', 67_108_864, 16_777_216);
const ARCHIVE = '20261126T221500Z-3f9c21d0';
const LOSSES = {
  kind: 'losses',
  losses: [{ table: 'job', column: null, values: 1_200, bytes: 500_000 }],
  confirmedBy: '1f0c9a7e',
} as const;
const ORIGIN = {
  kind: 'origin',
  differences: ['the archive comes from installation a, but this database is installation b'],
  confirmedBy: '1f0c9a7e',
} as const;
const REMOVAL = {
  kind: 'removal',
  archives: [ARCHIVE],
  jobs: 1_200,
  incomplete: true,
  confirmedBy: '1f0c9a7e',
} as const;

const DEPENDENT = {
  key: 'invoice.job_id',
  table: 'invoice',
  columns: ['job_id'],
  target: 'job',
  onDelete: 'CASCADE',
  effect: 'deleted',
  rows: 12,
  ofArchived: 12,
} as const;
const DEPENDENTS = {
  kind: 'dependents',
  dependents: [DEPENDENT],
  hooks: [{ kind: 'trigger', table: 'job', name: 'after_delete' }],
  confirmedBy: '1f0c9a7e',
} as const;

const REBUILD = {
  kind: 'rebuild',
  tables: ['artifacts', 'job'],
  blocks: 'everybody',
  milliseconds: 95_000,
  confirmedBy: '1f0c9a7e',
} as const;

export default [
  new failures.ConsentNeeded([DEPENDENTS], [], 'Nothing was deleted.'),
  new failures.ConsentNeeded([LOSSES], [], 'Nothing was changed.'),
  new failures.ConsentNeeded([LOSSES], [{ kind: 'losses', confirmedBy: '00000000' }], 'Nothing was changed.'),
  new failures.ConsentNeeded([ORIGIN], [], 'Nothing was restored.'),
  new failures.ConsentNeeded([REMOVAL], [], 'Nothing was removed.'),
  new failures.ConsentNeeded([REBUILD], [], 'Nothing was rebuilt.'),
  ...samplesOf(failures, {
    nothingToPurge: [[]],
    nothingIsKept: [[false], [true]],
    ruleOfJobs: [[]],
    lostWithArchived: [[[DEPENDENT]]],
    unreadableArchive: [[`The archive ${ARCHIVE} cannot be read: access was denied.`]],
    incompleteArchive: [[ARCHIVE]],
    damagedArchive: [[ARCHIVE]],
    noSuchJobInArchive: [[ARCHIVE, 12n]],
    removalNotSpecified: [[]],
    holdOfOneThing: [[]],
    // Of the failure that it betters.
    lossesNotSaved: [[failures.archiveNotSpecified(), undefined]],
    archiveNotSpecified: [[]],
    noSuchTable: [
      ['jobs', 'job', 'database multiflexi at db.example.com:3306'],
      ['invoices', undefined, 'database multiflexi at db.example.com:3306'],
    ],
    isView: [['job_view']],
    noTablesOfOurs: [['/srv/multiflexi.sqlite']],
    cannotBeRebuilt: [['job', 'belongs to another account, and only that account may rebuild it']],
    noRoomToRebuild: [
      ['the database', { disk: 'of /var/lib/multiflexi/multiflexi.sqlite', needs: '2 GiB', free: '500 MiB' }],
    ],
    clusterWouldWait: [['the Galera cluster of 3 nodes']],
    allAndNames: [[]],
    noSuchUser: [['alice']],
    userIsDisabled: [['alice']],
    noSuchToken: [[12n]],
    cannotBeSummed: [[TOO_LARGE]],
    cannotBeMoved: [[TOO_LARGE]],
    unsafeTemporaryDirectory: [['/tmp', 'is shared with all other programs']],
  }),
];
