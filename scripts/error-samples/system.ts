import * as failures from '../../src/system/failures.ts';
import { samplesOf } from './samples-of.ts';

const FILE = '/var/backups/plan.json';
const systemError = (code: string) => Object.assign(new Error(code), { code });
const [first, ...others] = Object.keys(failures.REASONS).map(
  (code) => [FILE, systemError(code)] as [string, Error],
);

export default samplesOf(failures, {
  fileFailure: [
    first ?? [FILE, systemError('ENOENT')],
    ...others,
    [FILE, systemError('ENOENT'), 'read'],
    ['/var/backups', systemError('EACCES'), 'write', 'directory'],
  ],
});
