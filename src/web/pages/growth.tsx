/** What grows, how fast, and who causes it; from the housekeeper's samples. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { SIZE } from '../../documents/schemas.ts';
import { counted } from '../../written-numbers.ts';
import type { Page } from '../contract.ts';
import { Curve, Spark } from '../parts/curve.tsx';
import { Change, Count, Share, Size, When } from '../parts/figures.tsx';
import { document } from '../parts/html.tsx';
import { Answered, Nothing } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

type SizeDocument = output<typeof SIZE>;
type Growth = NonNullable<SizeDocument['growth']>;
type Reach = Growth['disk_full'];

const BY = ['company', 'template'] as const;

export const growth: Page = {
  needs: ({ by }) => ({ size: `/api/db:size?by=${by === 'template' ? 'template' : 'company'}` }),
  render: (context) =>
    document(
      context,
      { title: 'Growth' },
      <Answered<SizeDocument> panel={context.panels.size}>
        {({ growth: grown, shares, disk_free_bytes }) => (
          <>
            {grown ? <Grown growth={grown} diskFree={disk_free_bytes} /> : <NoSamples />}
            <h2 id="owners">Who takes the space</h2>
            <p class="tabs">
              {BY.map((by) => (
                <a href={`/growth?by=${by}#owners`} aria-current={shares?.by === by ? 'true' : undefined}>
                  {by === 'company' ? 'By company' : 'By run template'}
                </a>
              ))}
            </p>
            {shares && <Owners shares={shares} />}
          </>
        )}
      </Answered>,
    ),
};

function NoSamples(): VNode {
  return (
    <Nothing>
      There are no samples yet. The housekeeper takes one every hour;{' '}
      <code>multiflexi-cli db:size --sample</code> takes one now.
    </Nothing>
  );
}

function Grown({
  growth: grown,
  diskFree,
}: {
  readonly growth: Growth;
  readonly diskFree: number | null;
}): VNode {
  const { database, disk_full: diskFull, newest_sample: newest } = grown;
  const spans = database.changes.map(({ days }, place) => ({ days, place })).filter(({ days }) => days >= 7);
  return (
    <>
      <p class="lead">
        <Size of={database.bytes} />
        {database.rate && (
          <>
            {database.rate.bytes_per_day < 0 ? ', shrinking by ' : ', growing by '}
            <Size of={Math.abs(database.rate.bytes_per_day)} /> a day (between{' '}
            <Change of={database.rate.low} /> and <Change of={database.rate.high} />)
          </>
        )}
        . The newest sample is of <When at={newest} />.
      </p>
      <div class="columns">
        <Curve daily={database.daily_bytes} label="Size of the database in the last 30 days" />
        <Curve daily={grown.year_bytes} label="Size of the database in the last 365 days" />
      </div>
      <Table
        caption="Growth of the database"
        rows={spans}
        columns={[
          { head: 'In the last', cell: ({ days }) => counted(days, 'day') },
          {
            head: 'Size',
            number: true,
            cell: ({ place }) => <Change of={database.changes[place]?.bytes ?? null} />,
          },
        ]}
      />
      <dl class="facts">
        <dt>The disk is full</dt>
        <dd>
          <Until reach={diskFull} />
          {diskFree !== null && (
            <>
              {' '}
              (<Size of={diskFree} /> are free)
            </>
          )}
        </dd>
        <dt>The database has doubled</dt>
        <dd>
          <Until reach={database.doubles} />
        </dd>
      </dl>
      <Table
        caption="Tables by what they gained"
        rows={[...grown.tables].sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0))}
        columns={[
          { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
          { head: 'Curve of 30 days', cell: ({ daily_bytes }) => <Spark daily={daily_bytes} /> },
          { head: 'Size', number: true, cell: ({ bytes }) => <Size of={bytes} /> },
          ...spans.map(({ days, place }) => ({
            head: counted(days, 'day'),
            number: true,
            cell: ({ changes }: Growth['tables'][number]) => <Change of={changes[place]?.bytes ?? null} />,
          })),
        ]}
      />
    </>
  );
}

function Until({ reach }: { readonly reach: Reach }): VNode {
  if (reach === null) return <span class="muted">unknown</span>;
  if (reach.earliest === null) return <>not within ten years</>;
  return (
    <>
      between <When at={reach.earliest} /> and <When at={reach.latest} none="never" />
    </>
  );
}

function Owners({
  shares: { by, days, more, owners },
}: {
  readonly shares: NonNullable<SizeDocument['shares']>;
}): VNode {
  return (
    <>
      <Table
        caption={`Jobs of the last ${counted(days, 'day')}, by ${by === 'company' ? 'company' : 'run template'}`}
        rows={owners}
        columns={[
          {
            head: by === 'company' ? 'Company' : 'Run template',
            cell: ({ name, id }) => name ?? (id === null ? 'none' : `${id}`),
          },
          { head: 'Share', cell: ({ share }) => <Share of={share} /> },
          { head: 'Size', number: true, cell: ({ bytes }) => <Size of={bytes} about /> },
          { head: 'Jobs', number: true, cell: ({ jobs }) => <Count of={jobs} /> },
          { head: 'Log entries', number: true, cell: ({ log_entries }) => <Count of={log_entries} /> },
          {
            head: 'Artifacts per job',
            number: true,
            cell: ({ artifact_bytes_per_job: each }) => <Size of={each} />,
          },
        ]}
      />
      {more && <p class="muted">There are more than are looked at here.</p>}
    </>
  );
}
