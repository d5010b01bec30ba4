/** The engines under test, and fresh databases on them. */
import { describe, inject, type TestAPI, test } from 'vitest';
import { ENGINES, type Engine, type EngineName } from '../../src/engines/index.ts';
import { migrate } from '../../src/migrations/index.ts';
import { nameInstallation } from '../../src/schema/index.ts';
import { runOn, type TestServer } from '../servers/index.ts';
import { freshFile, freshOn, type TestDatabase } from './databases.ts';
import { copyTemplate } from './templates.ts';

export { freshOn, type TestDatabase } from './databases.ts';

export const ENGINE_NAMES: readonly EngineName[] = ENGINES.map(({ name }) => name);

/** The suite once for every engine; one whose server is missing is skipped, which the run's beginning says. */
export function describeEngines(title: string, suite: (engineName: EngineName) => void): void {
  describeOn(ENGINE_NAMES, title, suite);
}

/** The same for some of them, where the others have no such thing. */
export function describeOn<Name extends EngineName>(
  names: readonly Name[],
  title: string,
  suite: (engineName: Name) => void,
): void {
  for (const name of names) describe.skipIf(!isAvailable(name))(`${title} on ${name}`, () => suite(name));
}

/** For what can happen on some engines alone: on the others there is no such test, rather than one that is skipped. */
export function testWhere(applies: boolean): TestAPI {
  const nothing = () => {};
  return applies ? test : (Object.assign(nothing, { each: () => nothing }) as unknown as TestAPI);
}

export function isAvailable(name: EngineName): boolean {
  if (name === 'sqlite') return (process.env.MULTIFLEXI_TEST_ENGINES ?? 'sqlite').includes('sqlite');
  return 'server' in inject('servers')[name];
}

export function serverOf(name: Exclude<EngineName, 'sqlite'>): TestServer {
  const provided = inject('servers')[name];
  if ('missing' in provided) throw new Error(`no ${name} server: ${provided.missing}`);
  return provided.server;
}

/** An empty database of its own; on SQLite a file that is not there yet. */
export async function freshDatabase(name: EngineName, databaseName?: string): Promise<TestDatabase> {
  return name === 'sqlite' ? freshFile() : freshOn(serverOf(name), databaseName);
}

/** A database of its own with our schema in it, and an engine on it. */
export async function migratedDatabase(
  where: EngineName | TestServer,
): Promise<TestDatabase & { readonly engine: Engine }> {
  const database = await (typeof where === 'string' ? copyOn(where) : freshOn(where));
  const engine = await database.open('create');
  if (typeof where === 'string') await nameInstallation(engine);
  else await migrate(engine, { program: 'test', waitMs: 0 });
  return {
    ...database,
    engine,
    drop: async () => {
      await engine.close();
      await database.drop();
    },
  };
}

function copyOn(name: EngineName): Promise<TestDatabase> {
  const template = inject('templates')[name];
  if (typeof template !== 'object') throw new Error(`no schema to copy on ${name}: ${template}`);
  return copyTemplate(template, name === 'sqlite' ? undefined : serverOf(name));
}

/** Runs a statement as the server's superuser, outside of any database under test. */
export async function administer(name: Exclude<EngineName, 'sqlite'>, statement: string): Promise<void> {
  await runOn(serverOf(name), statement);
}
