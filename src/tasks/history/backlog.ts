/** When the backlog of a purge will be gone, by the history of its last kind of rules. */
import type { Database } from '../../schema/index.ts';
import type { TaskContext } from '../context.ts';
import { BY_HOUSEKEEPER } from './duty-runs.ts';
import { type Forecast, forecast } from './forecast.ts';
import { pastRuns } from './run-history.ts';

/** @returns null where no purge of the duty is in the history */
export async function forecastOf(
  { engine }: Pick<TaskContext, 'engine'>,
  duty: string,
): Promise<Forecast | null> {
  const last = await engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select('what')
    .where('duty', '=', duty)
    .where('what', '!=', BY_HOUSEKEEPER)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last === undefined ? null : forecast(await pastRuns(engine, { duty, what: last.what }));
}
