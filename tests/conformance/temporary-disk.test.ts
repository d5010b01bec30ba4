/** A full disk of an SQLite file, or of its temporary files: the one that is full is named. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine } from '../../src/engines/index.ts';
import { processFile } from '../harness/processes.ts';
import { canMount, SmallDisk } from '../harness/small-disk.ts';

/** More than SQLite keeps in memory: 80 MB. */
const LARGE =
  'as with recursive n(i) as (select 1 union all select i + 1 from n where i < 80000) select randomblob(1000) as x from n';

test.skipIf(!canMount())('is named: the temporary one, or that of the file', async () => {
  const [home, small] = ['home', 'small'].map((name) =>
    mkdtempSync(join(tmpdir(), `multiflexi-${name}-`)),
  ) as [string, string];
  const file = join(home, 'a.sqlite');
  await (await openEngine({ connection: 'sqlite', file }, 'create')).close();
  const disk = await SmallDisk.mount(small, '2m', {
    SQLITE_TMPDIR: small,
    NODE: process.execPath,
    PROCESS: processFile('statement'),
  });
  const run = (path: string, statement: string) =>
    disk.run(`"$NODE" "$PROCESS" '${JSON.stringify({ connection: 'sqlite', file: path })}' '${statement}'`);
  try {
    expect((await run(file, `create temp table t ${LARGE}`)).said).toMatch(
      new RegExp(`^DISK_FULL: The disk with SQLite's temporary files, ${small}, is full`, 'm'),
    );
    await disk.run(`cp ${file} "$DISK/b.sqlite"`);
    expect((await run(`${small}/b.sqlite`, `create table t ${LARGE}`)).said).toMatch(
      new RegExp(`^DISK_FULL: The disk of the SQLite file at ${small}/b.sqlite is full`, 'm'),
    );
    // The file's disk is the small one, and the temporary files have room elsewhere.
    const elsewhere = await disk.run(
      `SQLITE_TMPDIR=${home} "$NODE" "$PROCESS" '${JSON.stringify({ connection: 'sqlite', file: `${small}/b.sqlite` })}' 'create table t ${LARGE}'`,
    );
    expect(elsewhere.said).toMatch(
      new RegExp(`^DISK_FULL: The disk of the SQLite file at ${small}/b.sqlite is full`, 'm'),
    );
  } finally {
    await disk.unmount();
    for (const directory of [home, small]) rmSync(directory, { recursive: true, force: true });
  }
});
