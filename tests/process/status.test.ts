/** `status` as a check: its exit status, its JSON, and what it says of files. */
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli, startCli } from '../harness/cli.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';

describeEngines('status', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  const folder = mkdtempSync(join(tmpdir(), 'multiflexi-status-'));
  beforeAll(async () => {
    database = await migratedDatabase(name);
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  test('ends with 0 where all is well, and with 1 where the settings file is everybody’s until that is accepted', async () => {
    const file = join(folder, 'multiflexi.env');
    const lines = Object.entries(database.environment).map(([key, value]) => `${key}='${value}'`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    chmodSync(file, 0o640);
    const well = await cli(['status', '-e', file], {});
    expect([well.exit, well.stdout]).toEqual([0, expect.stringMatching(/All \d+ migrations are applied/)]);
    chmodSync(file, 0o644);
    const open = await cli(['status', '-e', file], {});
    expect([open.exit, open.stdout]).toEqual([
      1,
      expect.stringMatching(/FAIL .*Everybody.*\[settings-file\]\n.*chmod 640/),
    ]);
    expect((await cli(['status:dismiss', 'settings-file', '--reason', 'a test', '-e', file], {})).exit).toBe(
      0,
    );
    const accepted = await cli(['status', '-e', file, '-f', 'json'], {});
    expect([accepted.exit, JSON.parse(accepted.stdout).well]).toEqual([0, true]);
    expect((await cli(['status:restore', 'settings-file', '-e', file, '-f', 'json'], {})).exit).toBe(0);
    expect((await cli(['status', '-e', file], {})).exit).toBe(1);
    const unknown = await cli(['status:dismiss', 'nothing', '--reason', 'x', '-e', file], {});
    expect([unknown.exit, unknown.stderr]).toEqual([64, expect.stringContaining('settings-file')]);
  });

  testWhere(name === 'sqlite')('looks again and again until Ctrl-C', async () => {
    const child = startCli(['status', '--watch', '--interval', '1'], database.environment);
    const ended = once(child, 'close');
    let said = '';
    for await (const part of child.stdout.setEncoding('utf8')) {
      said += part;
      if (said.split('migrations are applied').length > 2) break;
    }
    child.kill('SIGINT');
    await ended;
    expect(said.split('migrations are applied').length).toBeGreaterThan(2);
  });
});
