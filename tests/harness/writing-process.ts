/**
 * A platform that writes an SQLite file, a row every 5 ms, until its standard input ends; then it prints how many writes
 * there were and how long the longest took, in milliseconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';

const database = new Database(process.argv[2]);
const insert = database.prepare("insert into logger (company_id, message) values (1, 'beside')");
let ended = false;
process.stdin.on('end', () => {
  ended = true;
});
process.stdin.resume();
insert.run();
process.stdout.write('writing\n');
let writes = 0;
let longest = 0;
while (!ended) {
  const started = performance.now();
  insert.run();
  longest = Math.max(longest, performance.now() - started);
  writes++;
  await sleep(5);
}
database.close();
process.stdout.write(JSON.stringify({ writes, longest: Math.round(longest) }));
