/** A console in this process, and somebody in front of it. */
import { COMMAND_NAMES } from '../../src/cli/next-words.ts';
import { type ConsoleOptions, type RunningConsole, startConsole } from '../../src/server/index.ts';
import { type RawAnswer, rawRequest } from './raw-http.ts';

export { type Answer, Visitor } from './visitor.ts';

export interface TestConsole extends Omit<RunningConsole, 'port'> {
  readonly origin: string;
  readonly port: number;
  readonly token: string;
  /** What was told the log. */
  readonly logged: string[];
}

export async function testConsole(
  environment: Readonly<Record<string, string>>,
  options: Partial<ConsoleOptions> = {},
): Promise<TestConsole> {
  const logged: string[] = [];
  const log = (facts: object, text: string) => {
    logged.push(`${JSON.stringify(facts)} ${text}`);
  };
  const running = await startConsole({
    settings: { environment },
    words: { program: 'multiflexi-cli', commands: COMMAND_NAMES },
    listen: { port: 0 },
    access: { kind: 'own', name: 'tester', scope: 'maintain' },
    log: { info: log, warn: log, error: log },
    ...options,
    limits: { loginRestMs: [1, 10], ...options.limits },
  });
  const url = new URL(running.url);
  const token = new URLSearchParams(url.hash.slice(1)).get('token') ?? '';
  return { ...running, origin: url.origin, port: running.port ?? 0, token, logged };
}

/** @param head lines after the first one */
export function raw(
  console: TestConsole,
  first: string,
  head: readonly string[],
  body = '',
): Promise<RawAnswer> {
  return rawRequest(console.port, `${[first, ...head, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`);
}
