/** Where a lock is seen on one host alone, that is known before anybody relies on it. */
import { expect, test } from 'vitest';
import { localLocksOf } from './local-locks.ts';

const ROOT = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw';
const mount = (type: string, options: string, point = '/srv/archive', own = 'rw,relatime') =>
  `${ROOT}\n90 22 0:50 / ${point} ${own} shared:2 - ${type} host:/share ${options}\n`;

test.each([
  ['nfs4', 'rw,vers=4.2,local_lock=none', null],
  ['nfs', 'rw,vers=3,nolock,local_lock=all', /nolock/],
  ['nfs', 'rw,vers=3,local_lock=posix', /local_lock=posix/],
  ['nfs', 'rw,vers=3,local_lock=flock', null],
  ['cifs', 'rw,vers=3.1.1', null],
  ['cifs', 'rw,vers=3.1.1,nobrl', /nobrl/],
  ['9p', 'rw,trans=virtio', /9p/],
  ['virtiofs', 'rw', /virtiofs/],
  ['fuse.sshfs', 'rw,user_id=0', /sshfs/],
  ['fuse.glusterfs', 'rw', null],
  ['ext4', 'rw', null],
  ['tmpfs', 'rw', null],
])('a directory on %s (%s)', (type, options, expected) => {
  const found = localLocksOf(mount(type, options), '/srv/archive/ours');
  if (expected === null) expect(found).toBeNull();
  else expect(found).toMatch(expected);
});

test('goes by the nearest mount alone, whatever is in its name', () => {
  expect(localLocksOf(mount('9p', 'rw'), '/srv/archives')).toBeNull();
  expect(localLocksOf(mount('9p', 'rw', '/srv/my\\040archive'), '/srv/my archive/ours')).toMatch(/9p/);
  const inner = `${mount('9p', 'rw')}91 90 8:2 / /srv/archive/disk rw - xfs /dev/sdb rw`;
  expect(localLocksOf(inner, '/srv/archive/disk/ours')).toBeNull();
  expect(localLocksOf('', '/srv')).toBeNull();
});
