/**
 * `npm run errors:generate` writes docs/errors.md: every message of the catalogue once, with sample values, as the
 * terminal shows it. With `--check` it writes nothing, and fails when the page is not what it would write, when a room's
 * failures have no samples, or when an error is made anywhere but in a `failures.ts`.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commandLine } from '../src/cli/next-words.ts';
import { ERROR_CODES, type ErrorCode, type MultiFlexiError } from '../src/errors.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = `${ROOT}docs/errors.md`;

/** Rooms whose texts still stand where they are thrown. */
const WITHOUT_FAILURES: readonly string[] = [];

const faults: string[] = [];
const page = markdown(await everyError());

if (!process.argv.includes('--check')) writeFileSync(PAGE, page);
else {
  faults.push(...strays());
  if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page)
    faults.push('docs/errors.md is not what the failures make: run npm run errors:generate');
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;

/** By the rooms' names, in the order of their samples. */
async function everyError(): Promise<MultiFlexiError[]> {
  const all: MultiFlexiError[] = [];
  for (const file of globSync('src/**/failures.ts', { cwd: ROOT }).sort()) {
    const name = file
      .replace(/^src\//, '')
      .replace(/\/failures\.ts$/, '')
      .replaceAll('/', '-');
    const samples = new URL(`error-samples/${name}.ts`, import.meta.url);
    if (existsSync(samples))
      all.push(...((await import(samples.href)) as { default: MultiFlexiError[] }).default);
    else if (!isWithoutFailures(file))
      faults.push(`${file} has no samples: write scripts/error-samples/${name}.ts`);
  }
  return all;
}

/** Errors that are made elsewhere would be missing from the page. */
function strays(): string[] {
  return globSync('src/**/*.ts', { cwd: ROOT })
    .filter((file) => !/(?:\.test|\/failures|^src\/errors)\.ts$/.test(file) && !isWithoutFailures(file))
    .filter((file) => /new MultiFlexiError\(|extends MultiFlexiError/.test(readFileSync(ROOT + file, 'utf8')))
    .map((file) => `${file} makes an error: give it a named constructor in the failures.ts of its room`);
}

function isWithoutFailures(file: string): boolean {
  return WITHOUT_FAILURES.some((room) => file.startsWith(room));
}

function markdown(errors: readonly MultiFlexiError[]): string {
  const sections = ERROR_CODES.flatMap((code) => section(code, errors));
  return `# Errors

Every error has a code, a message that says what happened, and a next step. Its code decides the exit status
([docs/cli.md](cli.md) lists them); with \`-f json\` the error is a document: \`{"error": {"code", "message", "next"}}\`.

This page shows each message once, with sample values. It is made by \`npm run errors:generate\` from the \`failures.ts\`
of each room; do not edit it.

${sections.join('\n')}`;
}

function section(code: ErrorCode, errors: readonly MultiFlexiError[]): string[] {
  const ours = errors.filter((error) => error.code === code);
  const texts = new Set(
    ours.map(({ message, nextStep }) => `Error: ${message}\nNext: ${commandLine(nextStep)}\n`),
  );
  return texts.size === 0
    ? []
    : [`## ${code}\n\nExit status ${ours[0]?.exit}.\n\n\`\`\`text\n${[...texts].join('\n')}\`\`\`\n`];
}
