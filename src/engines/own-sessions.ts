/** Which sessions of a server are ours just now: so that others can be told from them. */

/** The socket beneath a connection. */
interface Closable {
  once(event: 'close', listener: () => void): unknown;
}

export class OwnSessions {
  private readonly open = new Set<string>();

  /** The server's numbers of them. A number is ours for as long as its connection is open: the server gives it out again. */
  get ids(): readonly string[] {
    return [...this.open];
  }

  add(id: string, socket: Closable): void {
    this.open.add(id);
    socket.once('close', () => this.open.delete(id));
  }
}
