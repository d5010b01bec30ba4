/** Makes every error of a Kysely driver an error of our catalogue, at the one place where they all pass. */
import type { DatabaseConnection, Driver } from 'kysely';

export function translatingDriver(driver: Driver, translate: (error: unknown) => Error): Driver {
  const seen = new WeakSet<DatabaseConnection>();
  const inner = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (options) => {
    const connection = await inner(options).catch((error: unknown) => {
      throw translate(error);
    });
    if (!seen.has(connection)) {
      seen.add(connection);
      translateStatements(connection, translate);
    }
    return connection;
  };
  return driver;
}

function translateStatements(connection: DatabaseConnection, translate: (error: unknown) => Error): void {
  const executeQuery = connection.executeQuery.bind(connection);
  const streamQuery = connection.streamQuery.bind(connection);
  connection.executeQuery = (query, options) =>
    executeQuery<never>(query, options).catch((error: unknown) => {
      throw translate(error);
    });
  connection.streamQuery = async function* <R>(...parameters: Parameters<DatabaseConnection['streamQuery']>) {
    try {
      yield* streamQuery<R>(...parameters);
    } catch (error) {
      throw translate(error);
    }
  };
}
