/** The console as a process of its own on an SQLite file, and somebody with a browser in front of it. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { startBrowser } from './browser.ts';
import { finished, startCli } from './cli.ts';
import { PICTURES } from './console-pictures.ts';
import { migratedDatabase } from './engines.ts';
import { makeCompany, makeHistory, type TestJob } from './history.ts';
import { makeYearOfSamples } from './year-of-samples.ts';

/** With an artifact and a log entry each. */
export const JOBS = 400;

export interface Started {
  readonly process: ChildProcess;
  readonly url: string;
  readonly origin: string;
}

function startedConsole(child: ReturnType<typeof startCli>): Promise<Started> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('exit', (status) => reject(new Error(`the console has ended with ${status}: ${said}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const [url] = /http:\S+/.exec(text) ?? [];
      if (url) resolve({ process: child, url, origin: new URL(url).origin });
    });
  });
}

/** For the tests of one file; what they have started ends with each. */
export function visiting(): Visit {
  const visit = new Visit();
  beforeAll(async () => {
    visit.home = mkdtempSync(join(tmpdir(), 'multiflexi-home-'));
    visit.browser = await startBrowser();
  });
  afterAll(async () => {
    await visit.browser.close();
    rmSync(visit.home, { recursive: true, force: true });
  });
  afterEach(() => visit.end());
  return visit;
}

export class Visit {
  database!: Awaited<ReturnType<typeof migratedDatabase>>;
  home!: string;
  browser!: Browser;
  context!: BrowserContext;
  private readonly consoles: Started[] = [];

  async filled(count = JOBS): Promise<void> {
    this.database = await migratedDatabase('sqlite');
    // For pictures there is more to see.
    if (PICTURES) {
      const words = ['sample:load', '--jobs', '5000', '--days', '180', '--seed', '1'];
      const archived = ['prune', '--jobs', '--keep', '4900', '--archive', '--yes'];
      for (const command of [words, archived, ['housekeeper:run']])
        await finished(startCli(command, this.environment()));
      await makeYearOfSamples(this.database.engine);
      return;
    }
    await makeCompany(this.database.engine);
    const jobs = Array.from(
      { length: count },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(this.database.engine, jobs, []);
  }

  environment(): Record<string, string> {
    return { ...this.database.environment, HOME: this.home, ARCHIVE_DIR: join(this.home, 'archives') };
  }

  /** The settings in a file, with those of another database beside it: words of a command. @returns also where that one is */
  settings(): { readonly words: readonly string[]; readonly other: string } {
    const [file, other] = [join(this.home, 'multiflexi.env'), join(this.home, 'other.sqlite')];
    const lines = Object.entries(this.database.environment).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(file, lines.join(''), { mode: 0o600 });
    const another = `DB_CONNECTION=sqlite\nDB_DATABASE=${other}\n`;
    writeFileSync(join(this.home, 'other.env'), another, { mode: 0o600 });
    return { words: ['-e', file], other };
  }

  async start(...words: string[]): Promise<Started> {
    const started = await startedConsole(startCli(['console', ...words], this.environment()));
    this.consoles.push(started);
    return started;
  }

  /** Logged in, in a context of its own. */
  async open({ url }: Started, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    this.context = await this.browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    const page = await this.context.newPage();
    await page.goto(url);
    await page.waitForSelector('nav');
    return page;
  }

  /** How many there are. */
  readonly jobs = async (): Promise<number> => {
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from job`.execute(
      this.database.engine.kysely<unknown>(),
    );
    return Number(rows[0]?.n);
  };

  async end(): Promise<void> {
    await this.context.close();
    for (const { process: started } of this.consoles.splice(0)) started.kill('SIGKILL');
    await this.database.drop();
  }
}
