/**
 * A table that the account may not see refers to jobs with a cascade: neither `information_schema` nor the count of deleted rows
 * tells of the rows that would go. With PROCESS it is known that there is such a table, and nothing is deleted.
 */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { planPurge, sameForAll } from '../../src/cleanup/index.ts';
import type { ServerSettings } from '../../src/engines/index.ts';
import { utc } from '../../src/engines/index.ts';
import { noticeText, planPrune } from '../../src/tasks/index.ts';
import { administer, describeOn, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { asAccount } from '../harness/role.ts';
import { Told } from '../tasks/told.ts';

describeOn(['mysql', 'mariadb'], 'a table that the account may not see', (name) => {
  test('keeps the jobs from being deleted that its rows may refer to', async () => {
    const database = await migratedDatabase(name);
    const { database: ours } = database.settings as ServerSettings;
    const elsewhere = `mf_unseen_${randomBytes(4).toString('hex')}`;
    await makeCompany(database.engine);
    await makeHistory(
      database.engine,
      [{ id: 1n, status: 'ok', minute: 0, artifacts: 0, logs: 0, template: 1n }],
      [],
    );
    await administer(name, `create database ${elsewhere}`);
    try {
      await administer(
        name,
        `create table ${elsewhere}.note (id int primary key, job_id bigint, foreign key (job_id) references ${ours}.job (id) on delete cascade)`,
      );
      await asAccount(name, database.settings, 'all privileges', async (withoutProcess, logInAgain) => {
        const told = new Told(withoutProcess);
        const rules = {
          logs: false,
          jobs: true,
          keep: 0,
          keepPerTemplate: null,
          keepLastSuccess: false,
        } as const;
        const guard = { percent: 100, skipOversized: false, archiveAll: false };
        await planPrune(told.context, { ...rules, olderThan: null, statuses: null, company: null }, guard);
        expect(told.notices.map((notice) => noticeText(notice as never))).toEqual([
          expect.stringMatching(/^Cannot see whether tables .* To change this: GRANT PROCESS ON/),
        ]);
        await administer(name, `grant process on *.* to 'r_${ours}'@'%'`);
        const account = await logInAgain();
        const book = sameForAll(
          null,
          {
            keep: null,
            keepPerTemplate: null,
            olderThan: utc(Date.now()),
            keepLastSuccess: false,
            statuses: ['ok'],
          },
          undefined,
        );
        await expect(planPurge(account, book)).rejects.toMatchObject({
          code: 'PERMISSION_DENIED',
          message: expect.stringContaining(`The table ${elsewhere}/note has a foreign key to job`),
        });
        await administer(name, `grant select, references on ${elsewhere}.note to 'r_${ours}'@'%'`);
        const { dependents } = await planPurge(await logInAgain(), book);
        expect(dependents).toMatchObject([{ table: `${elsewhere}.note` }]);
      });
    } finally {
      await administer(name, `drop database ${elsewhere}`);
      await database.drop();
    }
  });
});
