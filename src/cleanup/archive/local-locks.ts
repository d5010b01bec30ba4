/** File systems on which a lock is seen by the processes of one host alone, although other hosts see the files. */
import { readFileSync, realpathSync } from 'node:fs';

/** Shared ones whose clients keep locks to themselves, whatever they are mounted with. */
const ALWAYS = /^(9p|virtiofs|vboxsf|prl_fs|afs|drvfs)$/;
/** Programs decide what a FUSE file system does with locks; these are known to share them. */
const SHARING_FUSE = /^fuse\.(glusterfs|ceph|ceph-fuse|juicefs|lizardfs|moosefs|mfs|saunafs)$/;

/** @returns why, as part of a sentence; null where locks are shared, or the files are not */
export function localLocks(directory: string): string | null {
  try {
    return localLocksOf(readFileSync('/proc/self/mountinfo', 'utf8'), realpathSync(directory));
  } catch {
    // Other systems than Linux do not say it.
    return null;
  }
}

/** @param mountinfo as proc(5) describes it */
export function localLocksOf(mountinfo: string, path: string): string | null {
  let found:
    | { readonly point: string; readonly type: string; readonly options: readonly string[] }
    | undefined;
  for (const line of mountinfo.split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    const [, , , , point = '', options = ''] = mount.split(' ');
    const [type = '', , superOptions = ''] = source.split(' ');
    const plain = point.replaceAll(/\\(\d{3})/g, (_, octal) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const isAbove =
      plain !== '' && (path === plain || path.startsWith(plain.endsWith('/') ? plain : `${plain}/`));
    // Of two on the same point the later one is seen.
    if (isAbove && plain.length >= (found?.point.length ?? 0))
      found = { point: plain, type, options: [...options.split(','), ...superOptions.split(',')] };
  }
  if (!found) return null;
  const { type, options } = found;
  const option = options.find((word) =>
    type === 'cifs' || type === 'smb3' ? word === 'nobrl' : /^(nolock|local_lock=(all|posix))$/.test(word),
  );
  if (/^(nfs|nfs4|cifs|smb3)$/.test(type)) return option ? `it is mounted as ${type} with ${option}` : null;
  if (ALWAYS.test(type)) return `it is mounted as ${type}`;
  return type.startsWith('fuse') && type !== 'fuseblk' && !SHARING_FUSE.test(type)
    ? `it is mounted as ${type}`
    : null;
}
