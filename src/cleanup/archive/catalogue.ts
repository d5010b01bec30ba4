/** What an archive holds, in a file beside its parts: written when its run is settled, so that looking is cheap. */
import { existsSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Engine } from '../../engines/index.ts';
import { MultiFlexiError } from '../../errors.ts';
import { fileFailure } from '../../file-failure.ts';
import type { Database } from '../../schema/index.ts';
import { RowStreamReader } from '../../transfer/index.ts';
import { type ArchivePlace, CATALOGUE, partsOf } from './directory.ts';
import { readSummary, Summary } from './summary.ts';

const count = z.number().check(z.int(), z.minimum(0));
const instant = z.string().check(z.regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/));
const TABLE = z.object({ name: z.string(), rows: count, digest: z.string() });

const ARCHIVE = z.object({
  format: z.literal('multiflexi archive'),
  version: z.literal(1),
  created: z.string(),
  settled: z.string(),
  /** The program's version, and the command. */
  program: z.string(),
  command: z.string(),
  source: z.object({ product: z.string(), where: z.string() }),
  encrypted: z.boolean(),
  tables: z.array(z.object({ name: z.string(), rows: count })),
  companies: z.array(
    z.object({
      id: z.string().check(z.regex(/^-?\d{1,19}$/)),
      /** Null when it is gone since. */
      slug: z.nullable(z.string()),
      jobs: count,
      oldest: instant,
      newest: instant,
    }),
  ),
  parts: z.array(z.object({ file: z.string(), bytes: count, sha256: z.string(), tables: z.array(TABLE) })),
});

export type ArchiveCatalogue = z.output<typeof ARCHIVE>;

/** @returns undefined for an archive whose run was cut off or is at work @throws FILE_DAMAGED, FILE_FAILED */
export function readCatalogue({ path }: ArchivePlace): ArchiveCatalogue | undefined {
  const file = join(path, CATALOGUE);
  if (!existsSync(file)) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fileFailure(file, error, 'read');
  }
  try {
    return z.parse(ARCHIVE, JSON.parse(text));
  } catch {
    throw new MultiFlexiError('FILE_DAMAGED', `The catalogue ${file} is not one of this program.`, {
      next: 'The parts beside it hold the rows and prove themselves; use another copy of the archive.',
    });
  }
}

/** From the manifests of its parts. @returns undefined when there are none @throws FILE_FAILED, FILE_DAMAGED */
export async function writeCatalogue(
  engine: Engine,
  place: ArchivePlace,
): Promise<ArchiveCatalogue | undefined> {
  const summary = new Summary();
  const parts: ArchiveCatalogue['parts'] = [];
  let first: RowStreamReader['header'] | undefined;
  for (const file of partsOf(place)) {
    const reader = await RowStreamReader.open(join(place.path, file));
    try {
      const { header, manifest, bytes } = reader;
      first ??= header;
      summary.addAll(readSummary(reader.file, manifest.summary));
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
  };
  await writeDurably(join(place.path, CATALOGUE), `${JSON.stringify(catalogue, undefined, 2)}\n`);
  return catalogue;
}

async function withSlugs(engine: Engine, summary: Summary): Promise<ArchiveCatalogue['companies']> {
  const ids = summary.companies.map(({ id }) => id);
  if (ids.length === 0) return [];
  const rows = await engine
    .kysely<Database>()
    .selectFrom('company')
    .select(['id', 'slug'])
    .where(engine.among('id', ids))
    .execute();
  const slugs = new Map(rows.map(({ id, slug }) => [id, slug]));
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
  } catch (error) {
    throw fileFailure(file, error);
  }
}
