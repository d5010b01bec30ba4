/** Where the schema is not the one that the migrations make: tables and columns, storage, indexes, and what others left. */
import type { Engine } from '../../engines/index.ts';
import type { Check, Finding, IndexDifference, SchemaIndexes } from '../../maintenance/index.ts';
import { type Difference, MIGRATIONS, modelOf } from '../../migrations/index.ts';
import { type SchemaVerification, verifySchema } from '../verify.ts';

type Found = Omit<Finding, 'check'>;

/** Compared once, for all the checks that look at it; a comparison that fails fails for each of them. */
export class SchemaComparison {
  private readonly engine: Engine;
  private verification: Promise<SchemaVerification> | undefined;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  private async differences(): Promise<readonly Difference[]> {
    return (await this.verify()).differences;
  }

  private verify(): Promise<SchemaVerification> {
    this.verification ??= verifySchema({ engine: this.engine });
    return this.verification;
  }

  /** Tables, columns, keys, comments. */
  readonly schema: Check = {
    name: 'schema',
    run: async () => ({
      findings: (await this.differences())
        .filter((item) => !isOfStorage(item) && item.what !== 'index')
        .map((item) => this.difference(item)),
    }),
  };

  /** Storage engine, character set and collation: one finding a table, as one statement sets all of it right. */
  readonly storage: Check = {
    name: 'storage',
    run: async () => {
      const tables = Map.groupBy((await this.differences()).filter(isOfStorage), ({ table }) => table);
      return { findings: [...tables].map(([table, items]) => this.otherStorage(table, items)) };
    },
  };

  readonly indexes: SchemaIndexes = {
    isOurs: (table, name) => OURS.get(table)?.has(name) ?? true,
    differences: async () =>
      (await this.differences())
        .filter(({ what }) => what === 'index')
        .map((item): IndexDifference => {
          const { kind, table, name, expected, found } = item;
          return { kind, table, name: name ?? '', expected, found, fix: statements(item) };
        }),
  };

  readonly leftovers = async () => (await this.verify()).leftOut.filter(({ leftover }) => leftover === true);

  private otherStorage(table: string, items: readonly Difference[]): Found {
    const own = items.flatMap(({ fix }) => fix.map(({ sql }) => sql));
    const places = items.map(({ name, expected, found }) =>
      name === null ? `is ${found} instead of ${expected}` : `has ${name} as ${found} instead of ${expected}`,
    );
    return {
      id: `storage:${table}`,
      severity: 'warning',
      table,
      message: `The table ${table} ${places.join(', ')}. Texts may compare in another way, and not every storage engine has transactions and foreign keys. Writing it again locks it.`,
      fix: own.length > 0 ? own.join(';\n') : this.engine.restoreStorage(table),
      safeToLeave: null,
    };
  }

  private difference(item: Difference): Found {
    const { kind, what, table, name, expected, found } = item;
    const place = name === null ? table : `${table}.${name}`;
    const finding = { id: `schema:${what.replaceAll(' ', '-')}:${place}`, table };
    if (kind === 'extra' && what === 'table')
      return {
        ...finding,
        severity: 'note',
        message: `The table ${table} is not of MultiFlexi's schema.`,
        fix: null,
        safeToLeave: 'Nothing here uses it; keep it if it is yours.',
      };
    if (what === 'comment')
      return {
        ...finding,
        severity: 'note',
        message: `The comment of ${place} is another one.`,
        fix: null,
        safeToLeave: 'It is for those who read the schema.',
      };
    const fix = statements(item) ?? (what === 'foreign key' ? this.foreignKey(item) : null);
    return {
      ...finding,
      severity: kind === 'missing' ? 'error' : 'warning',
      table,
      message: `The ${what} ${place} is ${kind}: ${expected ?? 'nothing'} expected, ${found ?? 'nothing'} found.${fix === null ? ' Existing rows may be affected: a person must decide how to change it.' : ''}`,
      fix,
      safeToLeave: null,
    };
  }

  private foreignKey({ kind, table, name }: Difference): string | null {
    const column = modelOf(MIGRATIONS)
      .get(table)
      ?.columns.find((one) => one.name === name);
    return kind === 'missing' && column?.references
      ? this.engine.restoreForeignKey(table, column.name, column.references)
      : null;
  }
}

/** By table, the names of the indexes that the migrations make. Other tables of ours have none to speak of. */
const OURS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...modelOf(MIGRATIONS)].map(([table, { indexes }]) => [table, new Set(indexes.map(({ name }) => name))]),
);

function isOfStorage({ what, expected, found }: Difference): boolean {
  if (what === 'storage') return true;
  return what === 'column' && expected !== null && found !== null && / collate \S+/.test(found);
}

function statements({ fix }: Difference): string | null {
  return fix.length === 0 ? null : fix.map(({ sql }) => sql).join(';\n');
}
