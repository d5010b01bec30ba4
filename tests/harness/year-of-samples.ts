/** A database that has been looked after for a year. */
import { type Engine, utc } from '../../src/engines/index.ts';

/** As the housekeeper would have taken them. */
export async function makeYearOfSamples(engine: Engine): Promise<void> {
  const { totalBytes, tables } = await engine.sizes('cheap');
  const now = Date.now();
  const days = Array.from({ length: 366 }, (_, day) => 366 - day);
  await engine.bulkLoad({
    table: 'size_sample',
    columns: ['taken_at', 'table_name', 'rows_exact', 'row_count', 'total_bytes'],
    rows: days.flatMap((day) => {
      // Faster in the last months, and a purge.
      const share = (1 - day / 500) ** 2 + (day > 120 && day < 200 ? 0.08 : 0);
      const sample = (name: string, bytes: number) => [
        utc(now - day * 86_400_000),
        name,
        false,
        null,
        BigInt(Math.round(bytes * share)),
      ];
      // The samples themselves take a twelfth.
      return [
        sample('', totalBytes * 1.09),
        ...tables.map(({ name, totalBytes: bytes }) => sample(name, bytes)),
      ];
    }),
  });
}
