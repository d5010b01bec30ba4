/** The platform at work beside what is measured. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DatabaseSettings } from '../src/engines/index.ts';

const WRITER = fileURLToPath(new URL('./platform-writer.ts', import.meta.url));

/** Starts `platform-writer.ts`; its end tells when each of its transactions began, and how long it took, in milliseconds. */
export async function startWriter(settings: DatabaseSettings) {
  const child: ChildProcess = spawn(process.execPath, [WRITER, JSON.stringify(settings)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  const begun = Promise.withResolvers<void>();
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (text.startsWith('writing\n')) begun.resolve();
  });
  await begun.promise;
  return {
    async end(): Promise<[number, number][]> {
      child.stdin?.end();
      await new Promise((resolve) => child.once('close', resolve));
      return JSON.parse(text.slice('writing\n'.length));
    },
  };
}

/** Of milliseconds. */
export function p99(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
}
