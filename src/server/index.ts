/** The front door of the server: the console over HTTP. */
export type {
  AccessMode,
  ConsoleLog,
  ConsoleOptions,
  HttpLimits,
  Listen,
  RunningConsole,
} from './contract.ts';
export { startConsole } from './start.ts';
export type { CommandWords } from './work/contract.ts';
