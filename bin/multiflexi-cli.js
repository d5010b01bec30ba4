#!/usr/bin/env -S node --max-semi-space-size=8
// Starts the program, on the Node that came with the checkout where the machine's own is too old for it.
// The flag keeps V8 from letting garbage of long loads pile up: a third less memory, at the same speed.
// Modules are required: an imported one is asked for all of its exports, some of which load more.
import module from 'node:module';

const require = module.createRequire(import.meta.url);
const { existsSync } = require('node:fs');
const { fileURLToPath } = require('node:url');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const program = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

// zstd came into Node's zlib with these.
if (major < 22 || (major === 22 && minor < 15) || (major === 23 && minor < 8)) {
  if (existsSync(node)) startAgain();
  else complain(`Node ${process.versions.node} is too old.`, 'Use Node 22.15 or later.');
} else if (existsSync(program)) {
  // Compiled code is kept beside the program, and only where it may be written: half of the start-up is compiling.
  module.enableCompileCache?.(fileURLToPath(new URL('../dist/compile-cache', import.meta.url)));
  await require(program).ended;
} else {
  complain('The program is not built.', 'Run npm ci, or npm run build, in the checkout.');
}

function startAgain() {
  const { spawn } = require('node:child_process');
  const words = ['--max-semi-space-size=8', fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(node, words, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (status) => {
    process.exitCode = status ?? 1;
  });
}

function complain(what, next) {
  process.stderr.write(`Error: ${what}\nNext: ${next}\n`);
  process.exitCode = 1;
}
