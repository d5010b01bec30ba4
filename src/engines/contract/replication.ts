/** The role of an engine that tells how far the servers that follow its own are behind. */

export interface Replication {
  /**
   * Begins to watch how far the servers that follow this one are behind.
   * @throws PERMISSION_DENIED when this account may not read that, SERVER_UNREACHABLE for a replica that is named and does
   * not answer, USAGE when there is nobody to watch or it is not specified whom
   */
  watchReplicas(request: WatchRequest): Promise<ReplicaWatch>;
}

/** A server that is named by a person. */
export interface ReplicaAddress {
  /** Name or address; an IPv6 address without brackets. */
  readonly host: string;
  /** That of the main server unless specified. */
  readonly port?: number | undefined;
}

export interface WatchRequest {
  /** In place of those that the settings name; an engine whose server knows its replicas takes none. */
  readonly replicas: readonly ReplicaAddress[];
  /** Told, in a sentence, what is not watched though somebody may think that it is. */
  readonly onWarning: (sentence: string) => void;
}

/** How far behind the one is that is furthest behind. */
export interface ReplicaLag {
  /** Null when that is not known: it is stopped, gone, or has been behind for longer than it was watched. */
  readonly seconds: number | null;
  /** As in `replica 10.0.0.2:3306`. */
  readonly whose: string;
  /** Why the seconds are not known, as the end of a sentence that begins with the replica. */
  readonly why: string | null;
}

export interface ReplicaWatch {
  /** Who is watched, in words. */
  readonly what: string;
  /** How many rows a transaction should write at most, where all of a cluster wait for it; null where any number is fine. */
  readonly largestTransaction: number | null;
  /** Asks now. A replica that does not answer is lag, not a failure. @throws when the main server cannot be asked */
  lag(): Promise<ReplicaLag>;
  close(): Promise<void>;
}
