/** Runs once before all tests: gives every test file the servers, and says what is missing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Provided, provideServers, SERVER_ENGINES, type ServerEngine } from '../servers/index.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    servers: Record<ServerEngine, Provided>;
    /** A home for the processes of the tests, gone after the run. */
    home: string;
  }
}

export default async function provide(project: TestProject): Promise<() => Promise<void>> {
  const wanted = wantedServers();
  const { servers, stop } = await provideServers(wanted, { fast: true, say: (line) => say(line) });
  project.provide('servers', servers);
  const home = mkdtempSync(join(tmpdir(), 'multiflexi-home-'));
  project.provide('home', home);
  const missing = wanted.flatMap((engine) => {
    const provided = servers[engine];
    return 'missing' in provided ? [`${engine}: ${provided.missing}`] : [];
  });
  if (missing.length > 0) {
    const bar = '!'.repeat(78);
    say(`${bar}\nNO SERVER, SO NOTHING IS TESTED ON:\n${missing.join('\n')}\n${bar}`);
    if (process.env.CI === 'true') {
      await stop();
      throw new Error(`a server is missing, and CI tests every engine: ${missing.join('; ')}`);
    }
  }
  return async () => {
    rmSync(home, { recursive: true, force: true });
    await stop();
  };
}

/** `MULTIFLEXI_TEST_ENGINES=sqlite,mysql` limits a run; SQLite needs no server. */
function wantedServers(): ServerEngine[] {
  const limit = process.env.MULTIFLEXI_TEST_ENGINES?.split(',').map((name) => name.trim());
  return SERVER_ENGINES.filter((engine) => !limit || limit.includes(engine));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
