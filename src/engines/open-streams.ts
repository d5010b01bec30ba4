/** The sockets of connections, so that those of which nothing can come are ended instead of waited for. */
import { Socket } from 'node:net';

export class OpenStreams {
  private readonly open = new Set<Socket>();

  /** Not connected yet. */
  make(): Socket {
    const socket = new Socket();
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    return socket;
  }

  destroy(): void {
    for (const socket of this.open) socket.destroy();
  }
}
