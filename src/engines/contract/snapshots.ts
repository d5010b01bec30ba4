/** The role of an engine that shows the database as it was at one moment, to one session or to several. */
import type { Kysely } from 'kysely';

export interface Snapshots {
  /**
   * Sessions that only read, and that all see the database as it is now, while others go on writing. There may be fewer than
   * asked for, but always one: where sessions cannot share a moment, or the server has none to spare. Nobody waits for it.
   * @param readers up to three
   */
  snapshot(readers: number): Promise<Snapshot>;
  /**
   * One session that sees what another snapshot does, which is open and may be of another connection: threads have their own.
   * On some engines that is so only if nobody has written in between, which {@link Snapshot.isShared} tells.
   * @param moment of that snapshot
   */
  snapshotAt(moment: string): Promise<Snapshot>;
  /**
   * A mark of what this transaction sees: two equal ones of one engine, which itself writes nothing, prove that no transaction has been
   * committed in between that the second sees and the first did not. Where somebody has written, to whatever table, they
   * differ. Null where nothing proves that.
   * @param db a transaction whose reads are all of one moment
   */
  stateOf(db: Kysely<unknown>): Promise<string | null>;
}

export interface Snapshot {
  readonly readers: readonly [Kysely<unknown>, ...Kysely<unknown>[]];
  /** By which {@link Snapshots.snapshotAt} finds it; null where sessions of other connections cannot see the same. */
  readonly moment: string | null;
  /** Whether all who have joined until now see the same: to be asked before anything counts that they read. */
  isShared(): Promise<boolean>;
  /**
   * Old versions of rows are kept for it until then. Where statements block ({@link Capabilities.statementsBlock}) other queries
   * of this engine wait for it.
   */
  close(): Promise<void>;
}
