/** Policies and holds, and why a job is kept or will be deleted. */
import type { Explanation, NewHold, Retention } from '../tasks/index.ts';

export function retentionDocument({ policies, holds }: Retention) {
  return {
    policies: policies.map((policy) => ({
      id: policy.id,
      subject: policy.subject,
      company_id: policy.company,
      run_template_id: policy.template,
      max_age_days: policy.maxAgeDays,
      keep_last: policy.keepLast,
      keep_last_success: policy.keepLastSuccess,
      archive: policy.archive,
      enabled: policy.enabled,
      note: policy.note,
    })),
    holds: holds.map((hold) => ({
      id: hold.id,
      job_id: hold.job,
      run_template_id: hold.template,
      company_id: hold.company,
      until: hold.until,
      over: hold.over,
      reason: hold.reason,
      since: hold.since,
    })),
  };
}

export function policySetDocument(id: bigint) {
  return { policy_id: id };
}

export function policyRemovedDocument() {
  return { removed: true as const };
}

export function holdDocument({ until }: NewHold) {
  return { held: true as const, until };
}

export function holdReleasedDocument() {
  return { released: true as const };
}

export function explanationDocument(why: Explanation) {
  return {
    job_id: why.job,
    status: why.status,
    created: why.created,
    company_id: why.company,
    run_template_id: why.template,
    policy_id: why.policy?.id ?? null,
    goes: why.goes,
    ages_out: why.agesOut,
    reasons: why.reasons,
  };
}
