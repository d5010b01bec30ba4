/**
 * Which names this server answers to. A page of another site can make a browser ask it under a name of that site (DNS
 * rebinding): the name is all that tells. It is compared as a host and a port, never as a text that begins with something.
 */
const HOST = /^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::(\d{1,5}))?$/;
const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

export class Hosts {
  private readonly origins: ReadonlySet<string>;
  private readonly hosts: ReadonlySet<string>;

  /** @param origins as a browser sends them: `http://127.0.0.1:4711` */
  constructor(origins: readonly string[]) {
    const urls = origins.map((origin) => new URL(origin));
    this.origins = new Set(urls.map(({ origin }) => origin));
    this.hosts = new Set(
      urls.flatMap(({ protocol, hostname, port }) => {
        const explicit = `${hostname}:${port || PORTS[protocol]}`;
        return port === '' ? [hostname, explicit] : [explicit];
      }),
    );
  }

  /** @param header `Host` as it was sent */
  takesHost(header: string | undefined): boolean {
    const [, name, port] = HOST.exec(header?.toLowerCase() ?? '') ?? [];
    return name !== undefined && this.hosts.has(port === undefined ? name : `${name}:${Number(port)}`);
  }

  /** @param header `Origin` as it was sent */
  takesOrigin(header: string): boolean {
    return this.origins.has(header);
  }

  get isEncrypted(): boolean {
    return [...this.origins].every((origin) => origin.startsWith('https:'));
  }
}
