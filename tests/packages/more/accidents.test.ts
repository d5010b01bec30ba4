/** What goes wrong while packages are configured: they stay unconfigured, and `dpkg --configure -a` finishes the job. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Backend,
  expectMigrated,
  install,
  installed,
  multiflexi,
  preseed,
  rowsOf,
  SERVER_OF,
  settings,
  stateOf,
} from '../installation.ts';
import { Machine } from '../machine.ts';
import { provide } from '../provided.ts';

const provided = await provide('bookworm');
const CONFIGURE = 'dpkg --configure -a </dev/null';

describe.skipIf(provided === undefined)('what goes wrong', () => {
  let withServer: Machine;
  let withPostgresql: Machine;
  let machine: Machine;

  async function start(layers = provided?.system ?? ''): Promise<void> {
    await machine?.remove();
    machine = await Machine.start(layers, provided?.debs ?? '');
  }

  beforeAll(async () => {
    if (provided === undefined) return;
    // A server alone, without us.
    [withServer, withPostgresql] = await Promise.all([
      serverAlone('mysql', 'mariadb'),
      serverAlone('postgresql', 'postgresql'),
    ]);
  });
  afterAll(async () => {
    await machine?.remove();
    await withServer?.remove();
    await withPostgresql?.remove();
  });

  async function serverAlone(backend: Backend, service: string): Promise<Machine> {
    const alone = await Machine.start(provided?.system ?? '', provided?.debs ?? '');
    await alone.must(
      `apt-get install --yes --quiet --no-install-recommends ${SERVER_OF[backend]} adduser && service ${service} stop`,
    );
    await alone.stop();
    return alone;
  }

  test.each(['mysql', 'postgresql'] as const)(
    'a server that is down, for multiflexi-%s: it is waited for, then the package fails, and names the way on',
    async (backend) => {
      await start((backend === 'mysql' ? withServer : withPostgresql).layers);
      const began = Date.now();
      const { status, said } = await install(machine, 'old', [backend]);
      const name = `multiflexi-${backend}`;
      expect([status, said]).toEqual([100, expect.anything()]);
      expect(Date.now() - began).toBeGreaterThan(50_000);
      expect(said).toMatch(
        new RegExp(`${name}: .*(?:refused|not.*reach|cannot be reached|no server|no socket)`, 'i'),
      );
      expect(said).toContain(`${name}: Next: start the server, then run: dpkg --configure -a`);
      expect(await stateOf(machine, backend)).toBe('half-configured');
      expect(await settings(machine)).not.toContain('DB_');
      await machine.must(`service ${backend === 'mysql' ? 'mariadb' : 'postgresql'} start`);
      await machine.must(CONFIGURE);
      expect(await stateOf(machine, backend)).toBe('installed');
      await expectMigrated(machine);
    },
  );

  test('a server that comes up while it is waited for is enough', async () => {
    await start(withServer.layers);
    const running = install(machine, 'old', ['mysql']);
    // Our own program, which waits. The brackets keep the pattern from finding itself.
    await machine.must(
      'for i in $(seq 600); do pgrep -f [w]ait-for-database >/dev/null && exit 0; sleep 0.2; done; exit 1',
    );
    await machine.must('service mariadb start');
    const { status, said } = await running;
    expect([status, said]).toEqual([0, expect.anything()]);
    await expectMigrated(machine);
  });

  test('a server whose package is configured later than ours: ours is finished by a trigger', async () => {
    await start(withServer.layers);
    await machine.must(`dpkg --unpack $(ls /var/cache/apt/archives/mariadb-server_*.deb)
      dpkg --unpack $(ls /debs/old/multiflexi-cli_*.deb /debs/old/multiflexi-mysql_*.deb)`);
    await machine.must('dpkg --no-triggers --configure multiflexi-cli multiflexi-mysql');
    expect(await stateOf(machine, 'mysql')).toBe('triggers-pending');
    await machine.must(CONFIGURE);
    expect(await stateOf(machine, 'mysql')).toBe('installed');
    await expectMigrated(machine);
  });

  test('MariaDB is upgraded in the same run as we are', async () => {
    await start(withServer.layers);
    await machine.must('service mariadb start');
    await installed(machine, 'old', ['mysql']);
    const before = await expectMigrated(machine);
    // The same version again stops and starts it as another one would.
    await machine.must(
      'apt-get install --yes --quiet --no-install-recommends --reinstall mariadb-server $(ls /debs/new/multiflexi-cli_*.deb /debs/new/multiflexi-mysql_*.deb)',
    );
    expect(await expectMigrated(machine)).toBe(before + 1);
  });

  describe('killed in the middle of a migration', () => {
    let before = 0;

    beforeAll(async () => {
      if (provided === undefined) return;
      await start(withServer.layers);
      await machine.must('service mariadb start');
      await installed(machine, 'old', ['mysql', 'housekeeper']);
      before = await expectMigrated(machine);
    });

    /** The second step of the further migration waits for this lock. */
    async function killHalfway(): Promise<void> {
      const holding = machine.begin(
        'mysql multiflexi -e "LOCK TABLES job WRITE; CREATE TEMPORARY TABLE held (id int); SELECT SLEEP(3600)"',
      );
      await machine.must(
        "for i in $(seq 300); do mysql -e 'SHOW PROCESSLIST' | grep -q SLEEP && exit 0; sleep 0.1; done; exit 1",
      );
      const upgrade = install(machine, 'new', ['mysql', 'housekeeper']);
      await machine.must(
        `for i in $(seq 1200); do mysql -e 'SHOW PROCESSLIST' | grep -qi 'metadata lock' && exit 0; sleep 0.1; done; exit 1`,
      );
      await machine.must("kill -9 $(pgrep -f '[d]b:migrate')");
      const { status, said } = await upgrade;
      expect([status, said]).toEqual([100, expect.stringContaining('dpkg --configure -a')]);
      expect(await stateOf(machine, 'mysql')).toBe('half-configured');
      // The housekeeper must not start before its database is migrated.
      expect(await stateOf(machine, 'housekeeper')).not.toBe('installed');
      await machine.must("kill $(pgrep -f '[m]ysql multiflexi -e')");
      await holding.done;
      expect(await machine.must("mysql multiflexi -e 'SHOW TABLES'")).toContain('further');
    }

    test('it is downgraded: the older version takes back what is there of the migration', async () => {
      await killHalfway();
      const said = await installed(machine, 'old', ['mysql', 'housekeeper']);
      expect(said).toContain('reverted');
      expect(await machine.must("mysql multiflexi -e 'SHOW TABLES'")).not.toContain('further');
      expect(await expectMigrated(machine)).toBe(before);
      expect(await stateOf(machine, 'housekeeper')).toBe('installed');
    });

    test('or configured again: the migration continues', async () => {
      await killHalfway();
      await machine.must(CONFIGURE);
      expect(await expectMigrated(machine)).toBe(before + 1);
      expect(await stateOf(machine, 'housekeeper')).toBe('installed');
    });
  });

  test('a full disk: the upgrade fails, and is finished when there is room', async () => {
    await start();
    await machine.must(
      'mkdir -p /var/lib/multiflexi && mount -t tmpfs -o size=6m,mode=755 tmpfs /var/lib/multiflexi',
    );
    await installed(machine, 'old', ['sqlite']);
    const before = await expectMigrated(machine);
    await multiflexi(machine, 'sample:load --jobs 100 --days 5');
    const rows = await rowsOf(machine);
    await machine.must('dd if=/dev/zero of=/var/lib/multiflexi/ballast bs=4k 2>/dev/null || true');
    const { status, said } = await install(machine, 'new', ['sqlite']);
    expect([status, said]).toEqual([100, expect.stringMatching(/disk|space/i)]);
    expect(await stateOf(machine, 'sqlite')).toBe('half-configured');
    await machine.must('rm /var/lib/multiflexi/ballast');
    await machine.must(CONFIGURE);
    expect(await expectMigrated(machine)).toBe(before + 1);
    expect((await rowsOf(machine)).replace(/\["(?:further|job)",[^\]]*\],?/g, '')).toBe(
      rows.replace(/\["(?:further|job)",[^\]]*\],?/g, ''),
    );
  });

  test('without a database nothing is configured; its settings finish the job', async () => {
    await start();
    await preseed(machine, 'multiflexi-sqlite multiflexi-sqlite/dbconfig-install boolean false');
    const { status, said } = await install(machine, 'old', ['sqlite']);
    expect([status, said]).toEqual([100, expect.stringContaining('no database is configured')]);
    await machine.must(
      'printf "DB_CONNECTION=sqlite\\nDB_DATABASE=/var/lib/multiflexi/own.sqlite\\n" >> /etc/multiflexi/multiflexi.env',
    );
    await machine.must(CONFIGURE);
    await expectMigrated(machine);
    expect(await machine.must('ls /var/lib/multiflexi')).not.toContain('multiflexi.sqlite');
  });

  test('an image without a server is made with MULTIFLEXI_NOMIGRATE=1, and configured later', async () => {
    await start(withServer.layers);
    const files = 'multiflexi-cli multiflexi-mysql'.split(' ').map((name) => `/debs/old/${name}_*.deb`);
    await machine.must(
      `MULTIFLEXI_NOMIGRATE=1 apt-get install --yes --quiet --no-install-recommends $(ls ${files.join(' ')})`,
    );
    expect(await stateOf(machine, 'mysql')).toBe('installed');
    await machine.must('service mariadb start');
    await machine.must('dpkg-reconfigure --frontend noninteractive multiflexi-mysql');
    await expectMigrated(machine);
  });
});
