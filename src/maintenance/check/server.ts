/** What the server is beyond its name, and what of it will make trouble. */
import type { ConditionLimits, ServerProduct } from '../../engines/index.ts';
import type { Check, Finding } from './contract.ts';
import { findingOf } from './trouble.ts';

const LIMITS: ConditionLimits = {
  // The server itself begins to warn much later; with its defaults it freezes rows at a tenth.
  transactionIdShare: 0.4,
  preparedSeconds: 3_600,
  keptLogBytes: 2 ** 30,
};

export function server(): Check {
  return {
    name: 'server',
    async run({ engine, signal }) {
      const products = await engine.serverProducts();
      const troubles = await engine.endedBy(signal, (db) => engine.conditions(db, LIMITS));
      return {
        findings: [
          ...products.filter(({ tested }) => !tested).map(untested),
          ...troubles.map((trouble) => findingOf('server', trouble)),
        ],
      };
    },
  };
}

function untested({ name, remark }: ServerProduct): Omit<Finding, 'check'> {
  return {
    id: `server:product:${name.toLowerCase().replaceAll(' ', '-')}`,
    severity: 'note',
    table: null,
    message: `The server is ${name}, with which this program is not tested. ${remark}`,
    fix: null,
    safeToLeave: 'It may well work; try it with a copy first.',
  };
}
