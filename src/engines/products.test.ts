/** What a server is beyond its name is told from what it says of itself; a plain server is nothing else. */
import { describe, expect, test } from 'vitest';
import { recognise } from './products.ts';

const names = (version: string, ...marks: string[]) => recognise({ version, marks }).map(({ name }) => name);

describe('a server', () => {
  test.each([
    'PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0) 12.2.0, 64-bit',
    '10.11.14-MariaDB-0+deb12u2 Debian 12',
    '8.4.3 MySQL Community Server - GPL',
    '8.0.36-28 Percona Server (GPL), Release 28, Revision 47601f19',
  ])('that is just what its name says is nothing else: %s', (version) => {
    expect(names(version)).toEqual([]);
  });

  test.each([
    ['CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023/09/27 01:53:43, go1.19.10)', 'CockroachDB'],
    [
      'PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 16.0.6, 64-bit',
      'YugabyteDB',
    ],
    [
      'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0.58558',
      'Amazon Redshift',
    ],
    ['PostgreSQL 12.12 (Greenplum Database 7.0.0 build commit:0a7a3566) on x86_64', 'Greenplum'],
    ['8.0.11-TiDB-v7.5.0 TiDB Server (Apache License 2.0) Community Edition', 'TiDB'],
    ['8.0.mysql_aurora.3.04.0 MySQL Community Server', 'Amazon Aurora'],
    ['8.0.30-Vitess Version: 17.0.2', 'Vitess'],
    ['5.7.25-OceanBase_CE-v4.2.1.0', 'OceanBase'],
    ['8.0.35-27.1 Percona XtraDB Cluster (GPL), Release rel27, Revision 84d9464', 'Percona XtraDB Cluster'],
  ])('that says %s is not taken for what its protocol is', (version, name) => {
    const found = recognise({ version, marks: [] });
    expect(found.map((one) => one.name)).toEqual([name]);
    expect(found[0]?.tested).toBe(false);
    expect(found[0]?.remark).toMatch(/\.$/);
  });

  test.each([
    ['citus', 'Citus', false],
    ['timescaledb', 'TimescaleDB', false],
    ['aurora_version', 'Amazon Aurora', false],
    ['wsrep_on', 'Galera', true],
    ['group_replication_group_name', 'Group Replication', true],
    ['pooler', 'a pooler', true],
  ])('with %s is told to be %s', (mark, name, tested) => {
    expect(recognise({ version: '', marks: [mark] })).toMatchObject([{ name, tested }]);
  });
});
