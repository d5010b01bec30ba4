import { type DatabaseSize, utc } from '../engines/index.ts';
import {
  type Growth,
  type GrowthOf,
  type OwnerShares,
  type Reach,
  SHARE_DAYS,
  type SizeReport,
} from '../tasks/index.ts';

/** How big the database and its tables are, and how they grow. */
export function sizeDocument(product: string, { size, diskFree, growth, shares, sampled }: SizeReport) {
  return {
    product,
    total_bytes: size.totalBytes,
    free_bytes: size.freeBytes,
    free_is: size.freeIs,
    disk_free_bytes: diskFree,
    files: size.files.map(({ path, bytes }) => ({ path, bytes })),
    tables: size.tables.map((table) => ({
      table_name: table.name,
      rows: table.rows,
      rows_exact: table.rowsExact,
      data_bytes: table.dataBytes,
      index_bytes: table.indexBytes,
      overflow_bytes: table.overflowBytes,
      total_bytes: table.totalBytes,
      bytes_exact: table.bytesExact,
      share: shareOf(table.totalBytes, size),
      free_bytes: table.freeBytes,
    })),
    unmeasured: unmeasuredDocument(size.unmeasured),
    notes: [...size.notes],
    growth: growth && growthDocument(growth),
    shares: shares && sharesDocument(shares),
    sampled: sampled && { tables: sampled.tables, left_out: unmeasuredDocument(sampled.leftOut) },
  };
}

/** Of all that the database takes, from 0 to 1. */
function shareOf(bytes: number, { totalBytes }: DatabaseSize): number {
  return totalBytes === 0 ? 0 : rounded(bytes / totalBytes);
}

function unmeasuredDocument(tables: DatabaseSize['unmeasured']) {
  return tables.map(({ name, why }) => ({ table_name: name, reason: why }));
}

function growthDocument(growth: Growth) {
  return {
    oldest_sample: growth.oldest,
    newest_sample: growth.newest,
    database: growthOfDocument(growth.whole),
    year_bytes: [...growth.year],
    tables: growth.tables.map((table) => ({ table_name: table.name, ...growthOfDocument(table) })),
    disk_full: reachDocument(growth.diskFull),
    disk_full_unknown: growth.diskFullUnknown,
  };
}

function growthOfDocument({ bytes, changes, daily, rate, doubles }: GrowthOf) {
  return {
    bytes,
    changes: changes.map((change) => ({ days: change.days, bytes: change.bytes, rows: change.rows })),
    daily_bytes: [...daily],
    rate: rate && {
      bytes_per_day: Math.round(rate.perDay),
      low: Math.round(rate.low),
      high: Math.round(rate.high),
      samples: rate.samples,
      days: rate.days,
    },
    doubles: reachDocument(doubles),
  };
}

function reachDocument(reach: Reach | null) {
  return reach && { earliest: instantOf(reach.earliest), latest: instantOf(reach.latest) };
}

function instantOf(at: number | null): string | null {
  return at === null ? null : utc(at);
}

function sharesDocument({ by, owners, more }: OwnerShares) {
  return {
    by,
    days: SHARE_DAYS,
    more,
    owners: owners.map((owner) => ({
      id: owner.id,
      name: owner.name,
      jobs: owner.jobs,
      log_entries: owner.logEntries,
      artifact_bytes_per_job: owner.artifactBytesPerJob,
      bytes: owner.bytes,
      share: rounded(owner.share),
    })),
  };
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
