import { randomBytes } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientFor } from './client.ts';
import { lastLines, messageOf } from './command.ts';
import type { Blueprint, Installation, Place, ServerEngine, TestServer, Variant } from './contract.ts';
import { askVersion, type Login } from './login.ts';
import { planMariadb } from './mariadb.ts';
import { planMysql } from './mysql.ts';
import { ownerFor } from './owner.ts';
import { freePort, saysPortTaken } from './port.ts';
import { planPostgresql } from './postgresql.ts';
import { openSupervised, type Supervised } from './supervised.ts';
import { makeCertificates } from './tls.ts';

const plans: Readonly<Record<ServerEngine, (installation: Installation, place: Place) => Blueprint>> = {
  mysql: planMysql,
  mariadb: planMariadb,
  postgresql: planPostgresql,
};

/** How long a server may take from its start to the first login. */
const patience = 90_000;

/** How often another port is tried when somebody took the one that was free. */
const portTries = 5;

/** A server that we started, and how to end it. */
export interface Launched {
  readonly server: TestServer;
  /** `kill -9`: its process is gone, its data lie as they are. */
  crash(): Promise<void>;
  /** Starts it again over its data, at the same place. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Initialises a server in a new folder and starts it.
 *
 * @throws when it does not start, with the end of its log; then nothing of it is left.
 */
export async function launch(
  installation: Installation,
  fast: boolean,
  variant: Variant = {},
): Promise<Launched> {
  const owner = await ownerFor(installation);
  const supervised = await openSupervised(owner);
  const { directory, sockets } = supervised;
  try {
    const { engine, source } = installation;
    // Letters and digits only: it is written into SQL and shown to people who paste it into a shell.
    const password = variant.password ?? randomBytes(16).toString('hex');
    const certificates = await makeCertificates(directory, owner);
    const place = { directory, sockets, password, certificates, owner, fast, variant };
    const plan = plans[engine](installation, place);
    for (const [file, text] of Object.entries(plan.files)) {
      await writeFile(file, text, { mode: 0o600 });
      if (owner !== undefined) await chown(file, owner.uid, owner.gid);
    }
    for (const step of plan.steps) await supervised.run(step);
    const login = { engine, host: '127.0.0.1', user: plan.user, password };
    let serving = await serve(supervised, plan, login);
    const { port, pid, version } = serving;
    const client = await clientFor({ ...login, port }, installation);
    supervised.release();
    const { socket, tlsCa } = plan;
    const server = { ...login, source, version, port, socket, tlsCa, client, pid, dataDirectory: directory };
    return {
      server,
      crash: async () => {
        process.kill(serving.pid, 'SIGKILL');
        await serving.ended;
      },
      startAgain: async () => {
        // PostgreSQL's sessions outlive their server by a moment, and keep a new one from its memory.
        for (let tries = 50; ; tries--) {
          try {
            serving = await serve(supervised, plan, login, port);
            return;
          } catch (error) {
            if (tries === 0) throw error;
            await sleep(200);
          }
        }
      },
      stop: async () => await supervised.close(),
    };
  } catch (error) {
    await supervised.close();
    throw error;
  }
}

interface Serving {
  readonly port: number;
  readonly pid: number;
  readonly version: string;
  readonly ended: Promise<string>;
}

async function serve(
  supervised: Supervised,
  plan: Blueprint,
  login: Omit<Login, 'port'>,
  fixedPort?: number,
): Promise<Serving> {
  for (let attempt = 1; ; attempt++) {
    const port = fixedPort ?? (await freePort());
    const before = (await supervised.log()).length;
    const { pid, ended } = await supervised.serve(plan.serve(port));
    let how: string | undefined;
    void ended.then((word) => {
      how = word;
    });
    const deadline = Date.now() + patience;
    let lastTry = 'no login was tried';
    while (how === undefined && Date.now() < deadline) {
      try {
        return { port, pid, ended, version: await askVersion({ ...login, port }) };
      } catch (error) {
        lastTry = messageOf(error);
      }
      await Promise.race([ended, sleep(50)]);
    }
    const log = (await supervised.log()).slice(before);
    if (how !== undefined && saysPortTaken(log) && attempt < portTries) continue;
    const what =
      how === undefined ? `took no login for ${patience / 1000} s (${lastTry})` : `ended with ${how}`;
    throw new Error(`the server ${what}: ${lastLines(log, 15)}`);
  }
}
