/** Whose rows a policy or a hold applies to, and for how long. */
import type { HoldTarget } from '../../tasks/index.ts';

/** Whose rows a policy or a hold is about. @param slugs of companies, by their ids */
export function whoseText(
  { job, template, company }: Partial<HoldTarget>,
  slugs: ReadonlyMap<bigint, string>,
): string {
  if (job !== undefined && job !== null) return `job ${job}`;
  if (template !== undefined && template !== null) return `run template ${template}`;
  if (company === null || company === undefined) return 'all';
  const slug = slugs.get(company);
  return slug === undefined ? `company ${company}` : `company ${slug} (${company})`;
}

/** How long a hold lasts. One that ends with a day ends at the first moment of the next. */
export function untilText(until: string | null): string {
  if (until === null) return 'until it is released';
  const [, day, time] = /^(\S+) (\d\d:\d\d)/.exec(until) ?? [];
  const lastMoment = time === '00:00' ? Date.parse(`${day}T00:00:00Z`) - 1 : undefined;
  return lastMoment === undefined
    ? `until ${day} ${time} (UTC)`
    : `until the end of ${new Date(lastMoment).toISOString().slice(0, 10)} (UTC)`;
}
