/** What each route does, by its name. A thread loads what it is asked for, and no more: each has a heap of its own. */
import type { Work } from './contract.ts';

type Works = Readonly<Record<string, Work>>;

const ROOMS: Readonly<Record<string, () => Promise<Works>>> = {
  health: async () => (await import('./health.ts')).HEALTH,
  schema: async () => (await import('./schema.ts')).SCHEMA,
  check: async () => (await import('./check.ts')).CHECKS,
  upkeep: async () => (await import('./upkeep.ts')).UPKEEP,
  purges: async () => (await import('./purges.ts')).PURGES,
  retention: async () => (await import('./retention.ts')).RETENTION,
  archives: async () => (await import('./archives.ts')).ARCHIVES,
  routine: async () => (await import('./routine.ts')).ROUTINE,
  tokens: async () => (await import('./tokens.ts')).TOKENS,
  switch: async () => (await import('./switch.ts')).SWITCH,
  switchState: async () => (await import('./switch-state.ts')).SWITCH_STATE,
  exports: async () => (await import('./exports.ts')).EXPORTS,
};

/** By the command's name, or by what is before its colon. */
const ROOM_OF: Readonly<Record<string, string>> = {
  status: 'health',
  'db:check': 'check',
  'db:verify': 'check',
  'db:status': 'schema',
  'db:migrate': 'schema',
  'db:rollback': 'schema',
  'db:breakpoint': 'schema',
  'db:switch': 'switch',
  'db:switch:last': 'switchState',
  db: 'upkeep',
  export: 'exports',
  prune: 'purges',
  'retention:run': 'purges',
  retention: 'retention',
  archive: 'archives',
  housekeeper: 'routine',
  token: 'tokens',
  admission: 'tokens',
};

/** @param name of a route, as in `POST db:migrate` */
export async function workOf(name: string): Promise<Work | undefined> {
  const command = name.replace(/^\w+ /, '');
  const room = ROOM_OF[command] ?? ROOM_OF[command.replace(/:.*/, '')] ?? '';
  return (await ROOMS[room]?.())?.[name];
}
