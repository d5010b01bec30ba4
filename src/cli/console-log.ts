/** What a console tells: a service the journal, one JSON line an event on stderr; a command only what went wrong. */
import type { ConsoleLog } from '../server/index.ts';
import type { Terminal } from './terminal.ts';

export async function consoleLog(isService: boolean, terminal: Terminal): Promise<ConsoleLog> {
  const say = (_: unknown, text: string) => terminal.say(text);
  if (!isService) return { info: () => {}, warn: say, error: say };
  const { pino, destination } = await import('pino');
  const base = { service: 'multiflexi-console', pid: process.pid };
  const logger = pino({ base }, destination({ fd: 2, sync: true }));
  return {
    info: (facts, text) => logger.info(facts, text),
    warn: (facts, text) => logger.warn(facts, text),
    error: (facts, text) => logger.error(facts, text),
  };
}
