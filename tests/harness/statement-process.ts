/** A process that runs one statement on a database and says how it failed. */
import { sql } from 'kysely';
import { isMultiFlexiError } from '../../src/errors.ts';
import { opened } from './opened.ts';

const [settings = '', statement = ''] = process.argv.slice(2);
const engine = await opened(JSON.parse(settings), 'change');
try {
  await sql.raw(statement).execute(engine.kysely());
  process.stdout.write('done\n');
} catch (error) {
  process.stdout.write(isMultiFlexiError(error) ? `${error.code}: ${error.message}\n` : String(error));
} finally {
  await engine.close();
}
