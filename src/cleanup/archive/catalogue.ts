/** What an archive holds, in a file beside its parts: written when its run is settled, so that looking is cheap. */
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import type { Engine } from '../../engines/index.ts';
import { COUNT, ID_TEXT } from '../../schema/index.ts';
import { fileFailure, presence, syncDirectory } from '../../system/index.ts';
import { RowStreamReader, SOURCE } from '../../transfer/index.ts';
import { companySlugs } from '../selection/company-slugs.ts';
import { type ArchivePlace, CATALOGUE, partsOf } from './directory.ts';
import { notACatalogue } from './failures.ts';
import { readSummary, Summary } from './summary.ts';

const TABLE = z.object({ name: z.string(), rows: COUNT, digest: z.string() });

const ARCHIVE = z.object({
  format: z.literal('multiflexi archive'),
  version: z.literal(1),
  created: z.string(),
  settled: z.string(),
  /** The program's version, and the command. */
  program: z.string(),
  command: z.string(),
  source: SOURCE,
  encrypted: z.boolean(),
  tables: z.array(z.object({ name: z.string(), rows: COUNT })),
  companies: z.array(
    z.object({
      id: ID_TEXT,
      /** Null when it is gone since. */
      slug: z.nullable(z.string()),
      jobs: COUNT,
      oldest: z.string(),
      newest: z.string(),
    }),
  ),
  parts: z.array(z.object({ file: z.string(), bytes: COUNT, sha256: z.string(), tables: z.array(TABLE) })),
  /**
   * Parts whose last rows may still be in the database as well: their run was interrupted, and the database could not
   * be asked whether it had deleted them. Restoring passes over what is there.
   */
  unconfirmed: z._default(z.array(z.string()), []),
});

export type ArchiveCatalogue = z.output<typeof ARCHIVE>;

/** @returns undefined for an archive whose run was interrupted or is running @throws FILE_DAMAGED, FILE_FAILED */
export function readCatalogue({ path }: ArchivePlace): ArchiveCatalogue | undefined {
  const file = join(path, CATALOGUE);
  let text: string;
  try {
    if (!presence(path)?.isDirectory()) throw new Error('its directory does not exist, or is a file');
    if (!presence(file)) return undefined;
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fileFailure(file, error, 'read');
  }
  try {
    return z.parse(ARCHIVE, JSON.parse(text));
  } catch {
    throw notACatalogue(file);
  }
}

/** From the manifests of its parts. @returns undefined when there are none @throws FILE_FAILED, FILE_DAMAGED */
export async function writeCatalogue(
  engine: Engine,
  place: ArchivePlace,
): Promise<ArchiveCatalogue | undefined> {
  const summary = new Summary();
  const parts: ArchiveCatalogue['parts'] = [];
  const unconfirmed: string[] = [];
  let first: RowStreamReader['header'] | undefined;
  for (const file of partsOf(place)) {
    const reader = await RowStreamReader.open(join(place.path, file));
    try {
      const { header, manifest, bytes } = reader;
      first ??= header;
      const ofPart = readSummary(reader.file, manifest.summary);
      summary.addAll(ofPart);
      if (ofPart.unconfirmed) unconfirmed.push(file);
      parts.push({ file, bytes, sha256: manifest.sha256, tables: manifest.tables });
    } finally {
      await reader.close();
    }
  }
  if (!first) return undefined;
  const { created, program, source, details, encryption } = first;
  const catalogue: ArchiveCatalogue = {
    format: 'multiflexi archive',
    version: 1,
    created,
    settled: new Date().toISOString(),
    program,
    command: String(details.command),
    source,
    encrypted: encryption !== undefined,
    tables: first.tables.map(({ name }, at) => ({
      name,
      rows: parts.reduce((sum, part) => sum + (part.tables[at]?.rows ?? 0), 0),
    })),
    companies: await withSlugs(engine, summary),
    parts,
    unconfirmed,
  };
  // As it will be read: what its reader would refuse must not be found out when the rows are needed.
  const text = `${JSON.stringify(z.parse(ARCHIVE, catalogue), undefined, 2)}\n`;
  await writeDurably(join(place.path, CATALOGUE), text);
  return catalogue;
}

async function withSlugs(engine: Engine, summary: Summary): Promise<ArchiveCatalogue['companies']> {
  const slugs = await companySlugs(
    engine,
    summary.companies.map(({ id }) => id),
  );
  return summary.companies.map(({ id, ...counts }) => ({
    id: String(id),
    slug: slugs.get(id) ?? null,
    ...counts,
  }));
}

/** There is either none or all of it, whatever happens meanwhile. */
async function writeDurably(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`;
  try {
    const handle = await open(fresh, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
    await syncDirectory(dirname(file));
  } catch (error) {
    throw fileFailure(file, error);
  }
}
