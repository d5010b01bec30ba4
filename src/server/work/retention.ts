/** Policies, holds, and why a job is kept. */
import {
  explanationDocument,
  holdDocument,
  holdReleasedDocument,
  policyRemovedDocument,
  policySetDocument,
  retentionDocument,
} from '../../documents/index.ts';
import {
  explainJob,
  holdRows,
  listRetention,
  releaseHold,
  removePolicy,
  setPolicy,
} from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { work } from './contract.ts';

export const RETENTION = {
  'GET retention:list': work('inspect', inputs.NOTHING, async (context) => ({
    document: retentionDocument(await listRetention(context)),
  })),
  'GET retention:explain': work('inspect', inputs.EXPLAIN, async (context, { job }) => ({
    document: explanationDocument(await explainJob(context, job)),
  })),
  'POST retention:set': work('change', inputs.POLICY, async (context, input) => ({
    document: policySetDocument(
      await setPolicy(context, {
        subject: input.subject,
        company: input.company ?? null,
        template: input.run_template ?? null,
        maxAgeDays: input.older_than ?? null,
        keepLast: input.keep_last ?? null,
        keepLastSuccess: input.keep_last_success,
        archive: input.archive,
        enabled: !input.disabled,
        note: input.note ?? null,
      }),
    ),
  })),
  'POST retention:remove': work('change', inputs.REMOVE_POLICY, async (context, { policy }) => {
    await removePolicy(context, policy);
    return { document: policyRemovedDocument() };
  }),
  'POST retention:hold': work('change', inputs.HOLD, async (context, input) => ({
    document: holdDocument(
      await holdRows(context, {
        job: input.job ?? null,
        template: input.run_template ?? null,
        company: input.company ?? null,
        until: input.until ?? null,
        reason: input.reason,
      }),
    ),
  })),
  'POST retention:release': work('change', inputs.RELEASE, async (context, { hold }) => {
    await releaseHold(context, hold);
    return { document: holdReleasedDocument() };
  }),
};
