/** Requests byte by byte: what a browser would never send, and whoever attacks does. */
import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends the text as it is, and reads until the other side has nothing more to say. @param address a port of the loopback, or a socket's path */
export function rawRequest(address: number | string, text: string): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const socket = typeof address === 'number' ? connect(address, '127.0.0.1') : connect(address);
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  // A server that refuses may close before it has read everything: what it has said counts.
  socket.on('error', (error) => (parts.length === 0 ? reject(error) : undefined));
  socket.on('close', () => resolve(parsed(Buffer.concat(parts).toString('utf8'))));
  socket.write(text);
  return promise;
}

function parsed(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const [name = '', ...value] = line.split(': ');
      return [name.toLowerCase(), value.join(': ')] as const;
    }),
  );
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n') };
}
