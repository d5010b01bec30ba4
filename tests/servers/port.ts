import { createServer } from 'node:net';

/**
 * A port of 127.0.0.1 that nobody listened on a moment ago. Somebody may take it before the server does, so whoever
 * uses it must be ready to ask for another.
 */
export async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const probe = createServer();
  probe.once('error', reject);
  probe.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
    const address = probe.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    probe.close(() => resolve(port));
  });
  return await promise;
}

/** Whether a server's log says that its port was taken. All three engines quote the system's own words. */
export function saysPortTaken(log: string): boolean {
  return /address already in use/i.test(log);
}
