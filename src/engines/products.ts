/**
 * What a server is beyond its name, by what it says of itself: products that speak MySQL's or PostgreSQL's language, or are
 * built upon one. What is not tested is named, so that nobody takes it for tested.
 */
import type { ServerProduct } from './contract/connection.ts';

/** What a server says of itself. */
export interface ServerWords {
  /** All texts of its version and its build. */
  readonly version: string;
  /** Names of extensions, functions or variables that are there, which only one product has. */
  readonly marks: readonly string[];
}

interface Known {
  readonly name: string;
  readonly version?: RegExp;
  readonly mark?: string;
  readonly tested?: true;
  readonly remark: string;
}

/** By texts that their makers have documented, or that their servers answer with. */
const KNOWN: readonly Known[] = [
  {
    name: 'CockroachDB',
    version: /\bCockroachDB\b/i,
    remark:
      'It ends transactions that conflict (40001), which must then be repeated, and lacks session locks.',
  },
  {
    name: 'YugabyteDB',
    version: /-YB-|\bYugabyte/i,
    remark: 'Its statistics counters are zero, so that sizes and maintenance advice are not known.',
  },
  {
    name: 'Citus',
    mark: 'citus',
    remark: 'Keys of distributed tables must have the distribution column, which ours do not have.',
  },
  { name: 'TimescaleDB', mark: 'timescaledb', remark: 'Our tables must not be turned into hypertables.' },
  {
    name: 'Amazon Aurora',
    version: /aurora/i,
    mark: 'aurora_version',
    remark: 'After a failover the address may lead to another server for some seconds.',
  },
  { name: 'Amazon Redshift', version: /\bRedshift\b/i, remark: 'It enforces no keys.' },
  { name: 'Greenplum', version: /\bGreenplum\b/i, remark: 'Keys must have the distribution column.' },
  {
    name: 'EDB Postgres Advanced Server',
    version: /\bEnterpriseDB\b/i,
    remark: 'It reads some SQL in another way.',
  },
  {
    name: 'TiDB',
    version: /-TiDB-|\bTiDB\b/i,
    remark: 'Large transactions are refused, and ids are given in portions to each of its servers.',
  },
  { name: 'Vitess', version: /\bVitess\b/i, remark: 'It enforces no foreign keys over shards.' },
  { name: 'OceanBase', version: /OceanBase/i, remark: 'Large transactions are refused.' },
  {
    name: 'SingleStore',
    version: /\bSingleStore|\bMemSQL/i,
    remark: 'It enforces no foreign keys.',
  },
  {
    name: 'Percona XtraDB Cluster',
    version: /\bPercona XtraDB Cluster\b/i,
    remark: 'Of Galera clusters, MariaDB is tested.',
  },
  {
    name: 'Galera',
    mark: 'wsrep_on',
    tested: true,
    remark:
      'Locks are local to its nodes, so that a lease keeps two runs apart. Changes of tables stop the whole cluster.',
  },
  {
    name: 'Group Replication',
    mark: 'group_replication_group_name',
    tested: true,
    remark: 'Locks are local to its members, so that a lease keeps two runs apart.',
  },
  {
    name: 'a pooler',
    mark: 'pooler',
    tested: true,
    remark: 'It gives each client a session of its own (session mode), so that locks hold.',
  },
];

/** In the order in which they are known. */
export function recognise({ version, marks }: ServerWords): readonly ServerProduct[] {
  return KNOWN.filter(
    (known) =>
      known.version?.test(version) === true || (known.mark !== undefined && marks.includes(known.mark)),
  ).map(({ name, tested = false, remark }) => ({ name, tested, remark }));
}
