import { spawn } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { planReplacement, replaceSettings } from './replace-database.ts';

const TO = { DB_CONNECTION: 'sqlite', DB_DATABASE: '/b' };
const OLD = '# ours\nDB_CONNECTION=sqlite\nDB_DATABASE=/a\nB=2\n';

function prepared(): { readonly directory: string; readonly file: string } {
  const directory = mkdtempSync(join(tmpdir(), 'replaced-'));
  const file = join(directory, 'multiflexi.env');
  writeFileSync(file, OLD);
  chmodSync(file, 0o640);
  return { directory, file };
}

describe('the settings in a file', () => {
  test('are replaced behind a link, with mode and owner, and the old file is saved', async () => {
    const { directory, file } = prepared();
    const link = join(directory, 'link.env');
    symlinkSync('multiflexi.env', link);
    const saved = join(directory, 'saved.env');
    const { uid, gid } = statSync(file);
    await replaceSettings(planReplacement(link, TO), saved);
    expect(readFileSync(file, 'utf8')).toBe(OLD.replace('/a', '/b'));
    expect(readFileSync(saved, 'utf8')).toBe(OLD);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(statSync(file)).toMatchObject({ uid, gid, mode: 0o100640 });
    expect(readdirSync(directory).sort()).toEqual(['link.env', 'multiflexi.env', 'saved.env']);
  });

  test('stay as somebody else has changed them meanwhile', async () => {
    const { directory, file } = prepared();
    const plan = planReplacement(file, TO);
    writeFileSync(file, `${OLD}C=3\n`);
    await expect(replaceSettings(plan, join(directory, 'saved'))).rejects.toMatchObject({
      code: 'CHANGED_MEANWHILE',
    });
    expect(readFileSync(file, 'utf8')).toBe(`${OLD}C=3\n`);
    expect(readdirSync(directory)).toEqual(['multiflexi.env']);
  });

  test('stay where another file has the name of the saved one; after a kill the same one may', async () => {
    const { directory, file } = prepared();
    const saved = join(directory, 'saved');
    writeFileSync(saved, 'something else');
    await expect(replaceSettings(planReplacement(file, TO), saved)).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
    });
    expect(readFileSync(file, 'utf8')).toBe(OLD);
    writeFileSync(saved, OLD);
    await replaceSettings(planReplacement(file, TO), saved);
    expect(readFileSync(file, 'utf8')).toContain('/b');
  });

  test('a link that leads nowhere is refused before anything begins', () => {
    const { directory } = prepared();
    symlinkSync('nowhere', join(directory, 'link'));
    expect(() => planReplacement(join(directory, 'link'), TO)).toThrow(/there is no such file/);
  });

  test('killed at any moment, there are the old settings or the new ones', async () => {
    const { directory, file } = prepared();
    const script = join(directory, 'replacing.mjs');
    writeFileSync(
      script,
      `import { planReplacement, replaceSettings } from ${JSON.stringify(join(import.meta.dirname, 'replace-database.ts'))};
       for (let n = 0; ; n++) {
         const settings = { DB_CONNECTION: 'sqlite', DB_DATABASE: n % 2 ? '/a' : '/' + 'b'.repeat(2000) };
         const saved = ${JSON.stringify(directory)} + '/saved' + process.pid + '-' + n;
         await replaceSettings(planReplacement(${JSON.stringify(file)}, settings), saved);
         if (n === 0) console.log('goes');
       }`,
    );
    const outcomes = [OLD, OLD.replace('/a', `/${'b'.repeat(2000)}`)];
    for (let kill = 0; kill < 4; kill++) {
      const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise((resolve) => child.once('exit', (_status, signal) => resolve(signal)));
      await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
      await sleep(10 + kill * 7);
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
      expect(outcomes).toContain(readFileSync(file, 'utf8'));
    }
  });
});
