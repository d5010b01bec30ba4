/**
 * How long `db:status` takes on an up-to-date database, the whole process, beside the same Node doing nothing:
 * the ratio says what is ours. `node bench/start-up.ts [runs]`. Phinx with 137 migrations took 0.07–0.12 s on a like machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../bin/multiflexi-cli.js', import.meta.url));
const RUNS = Number(process.argv[2] ?? 21);

const directory = mkdtempSync(join(tmpdir(), 'multiflexi-bench-'));
const env = {
  PATH: process.env.PATH,
  HOME: directory,
  DB_CONNECTION: 'sqlite',
  DB_DATABASE: join(directory, 'a.sqlite'),
};
spawnSync(process.execPath, [PROGRAM, 'db:migrate'], { env });

const nothing = median(() => spawnSync(process.execPath, ['-e', '0'], { env }));
const status = median(() => spawnSync(process.execPath, [PROGRAM, 'db:status'], { env }));
process.stdout.write(
  `node alone ${nothing.toFixed(0)} ms, db:status ${status.toFixed(0)} ms: ${(status / nothing).toFixed(2)} times\n`,
);
rmSync(directory, { recursive: true });

/** In milliseconds. */
function median(run: () => unknown): number {
  const times = Array.from({ length: RUNS }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
}
