/** Stands between the program and a server, and lets no answer through any more once a statement has come, or nothing at all. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface FreezingRelay {
  readonly port: number;
  /** Resolves when the statement has come. */
  readonly frozen: Promise<void>;
  close(): void;
}

export async function freezingRelay(
  server: { readonly host: string; readonly port: number },
  statement: RegExp,
  { bothWays = false } = {},
): Promise<FreezingRelay> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let freeze = () => {};
  const frozen = new Promise<void>((resolve) => {
    freeze = resolve;
  });
  const relay = createServer((client) => {
    const upstream = connect(server.port, server.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.on('data', (data) => {
      if (statement.test(data.toString('latin1'))) {
        isFrozen = true;
        freeze();
      }
      if (!isFrozen || !bothWays) upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!isFrozen) client.write(data);
    });
    client.on('close', () => upstream.destroy());
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    port: (relay.address() as AddressInfo).port,
    frozen,
    close: () => {
      relay.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
