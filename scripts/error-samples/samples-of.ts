/** Makes every error of a room once, with sample values; the type checker demands values for each constructor. */
import type { MultiFlexiError } from '../../src/errors.ts';

/** One list of arguments for each text that a constructor can give. */
type Samples<Failures> = {
  readonly [Name in keyof Failures as Failures[Name] extends (...values: never[]) => MultiFlexiError
    ? Name
    : never]: Failures[Name] extends (...values: infer Values) => MultiFlexiError
    ? readonly [Values, ...Values[]]
    : never;
};

/** @param failures a room's `failures.ts`, as a namespace; in the order of the samples */
export function samplesOf<Failures extends object>(
  failures: Failures,
  samples: Samples<Failures>,
): MultiFlexiError[] {
  const makers = failures as Readonly<Record<string, (...values: unknown[]) => MultiFlexiError>>;
  return Object.entries(samples as Readonly<Record<string, readonly unknown[][]>>).flatMap(([name, lists]) =>
    lists.flatMap((values) => makers[name]?.(...values) ?? []),
  );
}

/** Where a database is, as the engines say it. */
export const WHERE = 'database multiflexi at db.example.com:3306';
