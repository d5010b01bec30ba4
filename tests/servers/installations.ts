import { fromArchive } from './archive.ts';
import type { Installation, ServerEngine } from './contract.ts';
import { onMachine } from './machine.ts';
import { sourcesWanted } from './sources.ts';

/** Where a server of one's own can be had of, in the order in which the sources are wanted. */
export async function* installations(engine: ServerEngine): AsyncGenerator<Installation> {
  for (const source of sourcesWanted()) {
    if (source === 'environment') continue;
    const found = await (source === 'machine'
      ? onMachine(engine)
      : fromArchive(engine, () => undefined)
    ).catch(() => undefined);
    if (found !== undefined) yield found;
  }
}
