/** Replicas as people write them: `db2`, `db2:3307`, `10.0.0.2`, `[2001:db8::2]:3306`. */
import { isIPv6 } from 'node:net';
import type { ReplicaAddress } from '../engines/index.ts';

/** @returns the address, or the end of a sentence that says what is amiss */
export function parseReplica(text: string): ReplicaAddress | string {
  const [, bracketed, name, digits] =
    /^(?:\[([^\]]*)\]|([\p{L}\p{N}._-]+))(?::(\d{1,5}))?$/u.exec(text.trim()) ?? [];
  const host = bracketed ?? name;
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed)))
    return 'must be a host as db2, db2:3306 or [2001:db8::2]:3306';
  if (digits === undefined) return { host };
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { host, port } : 'must have a port from 1 to 65535';
}

/** Several, with commas between; one that is named twice counts once. */
export function parseReplicas(text: string): ReplicaAddress[] | string {
  const found = new Map<string, ReplicaAddress>();
  for (const part of text.split(',')) {
    const address = parseReplica(part);
    if (typeof address === 'string') return `${address}, with commas between several`;
    found.set(`${address.host} ${address.port}`, address);
  }
  return [...found.values()];
}
