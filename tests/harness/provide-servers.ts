/** Runs once before all tests: gives every test file the servers, and says what is missing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { EngineName } from '../../src/engines/index.ts';
import {
  type Provided,
  provideServers,
  SERVER_ENGINES,
  type ServerEngine,
  type TestServer,
} from '../servers/index.ts';
import { bundleProcesses } from './bundle-processes.ts';
import { makeTemplate, type Template } from './templates.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    servers: Record<ServerEngine, Provided>;
    /** A home for the processes of the tests, gone after the run. */
    home: string;
    /** Where the bundled processes of {@link ./processes.ts} are. */
    processes: string;
    /** Our schema, to be copied, or why it could not be made; not for engines that are not tested. */
    templates: Partial<Record<EngineName, Template | string>>;
  }
}

export default async function provide(project: TestProject): Promise<() => Promise<void>> {
  const undo: (() => void | Promise<void>)[] = [];
  const undoAll = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const wanted = wantedServers();
    const [{ servers, stop }, processes] = await Promise.all([
      provideServers(wanted, { fast: true, say: (line) => say(line) }),
      bundleProcesses(),
    ]);
    undo.push(stop, () => processes.remove());
    project.provide('servers', servers);
    project.provide('processes', processes.folder);
    const home = mkdtempSync(join(tmpdir(), 'multiflexi-home-'));
    undo.push(() => rmSync(home, { recursive: true, force: true }));
    project.provide('home', home);
    complainOfMissing(wanted, servers);
    project.provide('templates', await makeTemplates(servers, undo));
    return undoAll;
  } catch (error) {
    await undoAll();
    throw error;
  }
}

/** @throws in CI, which tests every engine */
function complainOfMissing(
  wanted: readonly ServerEngine[],
  servers: Readonly<Record<ServerEngine, Provided>>,
): void {
  const missing = wanted.flatMap((engine) => {
    const provided = servers[engine];
    return 'missing' in provided ? [`${engine}: ${provided.missing}`] : [];
  });
  if (missing.length === 0) return;
  const bar = '!'.repeat(78);
  say(`${bar}\nNO SERVER, SO NOTHING IS TESTED ON:\n${missing.join('\n')}\n${bar}`);
  if (process.env.CI === 'true')
    throw new Error(`a server is missing, and CI tests every engine: ${missing.join('; ')}`);
}

/** A migration that fails is told by the tests that need a template: all others are run. */
async function makeTemplates(
  servers: Readonly<Record<ServerEngine, Provided>>,
  undo: (() => void | Promise<void>)[],
): Promise<Partial<Record<EngineName, Template | string>>> {
  const made = testedEngines(servers).map(async ([name, server]) => {
    try {
      const { template, remove } = await makeTemplate(server);
      undo.push(remove);
      return [name, template] as const;
    } catch (error) {
      return [name, String(error)] as const;
    }
  });
  return Object.fromEntries(await Promise.all(made));
}

/** `MULTIFLEXI_TEST_ENGINES=sqlite,mysql` limits a run; SQLite needs no server. */
function wantedServers(): ServerEngine[] {
  const limit = process.env.MULTIFLEXI_TEST_ENGINES?.split(',').map((name) => name.trim());
  return SERVER_ENGINES.filter((engine) => !limit || limit.includes(engine));
}

function testedEngines(
  servers: Readonly<Record<ServerEngine, Provided>>,
): (readonly [EngineName, TestServer | undefined])[] {
  const onServers = SERVER_ENGINES.flatMap((name) => {
    const provided = servers[name];
    return 'server' in provided ? [[name, provided.server] as const] : [];
  });
  return [['sqlite', undefined], ...onServers];
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
