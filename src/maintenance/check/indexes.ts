/** Indexes: missing, invalid, more than once, and beside ours. */
import type { IndexFacts } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import type { Check, CheckOutcome, Finding } from './contract.ts';
import { withoutStop } from './run-checks.ts';

/** Where an index is not the one that the schema has. */
export interface IndexDifference {
  readonly kind: 'missing' | 'extra' | 'different';
  readonly table: string;
  readonly name: string;
  readonly expected: string | null;
  readonly found: string | null;
  readonly fix: string | null;
}

/** The indexes of the schema: what walks, constraints and foreign keys need, whatever statistics say. */
export interface SchemaIndexes {
  isOurs(table: string, name: string): boolean;
  differences(): Promise<readonly IndexDifference[]>;
}

type Found = Omit<Finding, 'check'>;

export function indexes(schema: SchemaIndexes): Check {
  return {
    name: 'indexes',
    async run({ engine, tables, signal }) {
      const facts = await engine.endedBy(signal, (db) => engine.indexFacts(db, tables));
      const invalid = facts.flatMap(invalidOnes);
      const redundant = facts.flatMap((index) => {
        const other = facts.find((one) => makesRedundant(one, index, schema));
        if (!other) return [];
        const { table, name, unique } = index;
        const drop = engine.ddl.dropIndex({ table, name, columns: [], unique });
        return [redundantOne(index, other, drop.map(({ sql }) => sql).join(';\n'))];
      });
      const told = new Set([...invalid, ...redundant].map(({ id }) => id));
      const { differences, unknown } = await differencesOf(schema, signal);
      const others = differences.map(difference).filter(({ id }) => !told.has(id));
      return { findings: [...invalid, ...redundant, ...others], unknown };
    },
  };
}

/** What the indexes are themselves is told, whether or not they could be compared with the schema. */
async function differencesOf(
  schema: SchemaIndexes,
  signal: AbortSignal,
): Promise<{ readonly differences: readonly IndexDifference[] } & Required<Pick<CheckOutcome, 'unknown'>>> {
  try {
    return { differences: await schema.differences(), unknown: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (!isMultiFlexiError(error) || error.code === 'CONNECTION_LOST') throw error;
    return { differences: [], unknown: [{ why: withoutStop(error.message), remedy: null }] };
  }
}

function idOf({ table, name }: { readonly table: string; readonly name: string }): string {
  return `indexes:${table}.${name}`;
}

function invalidOnes(index: IndexFacts): Found[] {
  const { table, name, invalid } = index;
  if (invalid === null) return [];
  return [
    {
      id: idOf(index),
      severity: 'warning',
      table,
      message: `The index ${name} of ${table} is invalid: it ${invalid.why}.`,
      fix: invalid.fix,
      safeToLeave: null,
    },
  ];
}

/** Whoever reads by the index can read by the other one, too; ours is never the one to go. */
function makesRedundant(other: IndexFacts, index: IndexFacts, schema: SchemaIndexes): boolean {
  if (other === index || other.table !== index.table || !other.plain || !index.plain) return false;
  if (index.ofConstraint || schema.isOurs(index.table, index.name)) return false;
  if (!index.keys.every((key, place) => other.keys[place] === key)) return false;
  const same = other.keys.length === index.keys.length;
  if (index.unique) return same && other.unique && isKept(other, index, schema);
  return !same || isKept(other, index, schema);
}

/** Of two that are the same only one goes. */
function isKept(other: IndexFacts, index: IndexFacts, schema: SchemaIndexes): boolean {
  if (other.ofConstraint || schema.isOurs(other.table, other.name)) return true;
  if (other.unique !== index.unique) return other.unique;
  return other.name < index.name;
}

function redundantOne(index: IndexFacts, other: IndexFacts, fix: string): Found {
  const { table, name } = index;
  return {
    id: idOf(index),
    severity: 'warning',
    table,
    message: `The index ${name} of ${table} is redundant: ${other.name} begins with the same columns. It takes space, and time at each change.`,
    fix,
    safeToLeave: null,
  };
}

function difference(found: IndexDifference): Found {
  const { kind, table, name, expected, found: live, fix } = found;
  const finding = { id: idOf(found), table };
  if (kind === 'extra')
    return {
      ...finding,
      severity: 'note',
      message: `The index ${name} ${live ?? ''} of ${table} is not of MultiFlexi's schema.`,
      fix: null,
      safeToLeave: 'It costs time at each change; keep it if queries of yours need it.',
    };
  const is = kind === 'missing' ? 'is missing' : `is another one: ${live ?? 'nothing'}`;
  return {
    ...finding,
    severity: 'warning',
    message: `The index ${name} ${expected ?? ''} of ${table} ${is}. Without it whole tables are read, or purges refused.`,
    fix,
    safeToLeave: null,
  };
}
