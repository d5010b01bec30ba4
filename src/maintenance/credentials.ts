/** Credentials that cannot work, because fields are missing that their prototype requires. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import type { Database } from '../schema/index.ts';
import { missingFields, requiredFields } from './credential-fields.ts';

export type CredentialFault =
  /** Names of fields, never a value. */
  | { readonly kind: 'missing'; readonly credential: bigint; readonly fields: readonly string[] }
  | { readonly kind: 'fields-unreadable'; readonly credential: bigint }
  | { readonly kind: 'definition-unreadable'; readonly prototype: bigint };

export interface CredentialPage {
  readonly faults: readonly CredentialFault[];
  /** The last one that was looked at; undefined behind the last of all. */
  readonly last: bigint | undefined;
}

/** What is known of a prototype's definition: its required fields; undefined for one that cannot be read. */
export type Definitions = Map<bigint, readonly string[] | undefined>;

/**
 * A page of the credentials of enabled companies, by id. Reads only.
 * @param known filled with the prototypes that are read; one that cannot be read is a fault once
 */
export async function checkCredentials(
  engine: Engine,
  known: Definitions,
  { after, limit }: { readonly after: bigint | undefined; readonly limit: number },
): Promise<CredentialPage> {
  const db = engine.kysely<Database>();
  const page = await credentialsBehind(db, after).limit(limit).execute();
  const rows = page.flatMap(({ prototype, enabled, ...row }) =>
    prototype === null || Number(enabled) === 0 ? [] : [{ ...row, prototype }],
  );
  const unknown = new Set(rows.map(({ prototype }) => prototype).filter((id) => !known.has(id)));
  const faults: CredentialFault[] = [];
  for (const { id, definition } of unknown.size === 0
    ? []
    : await prototypes(engine, [...unknown]).execute()) {
    const required = requiredFields(definition);
    known.set(id, required);
    if (required === undefined) faults.push({ kind: 'definition-unreadable', prototype: id });
  }
  for (const { id, prototype, fields } of rows) faults.push(...faultOf(id, known.get(prototype), fields));
  return { faults, last: page.length < limit ? undefined : page.at(-1)?.id };
}

function faultOf(
  credential: bigint,
  required: readonly string[] | undefined,
  values: string | null,
): readonly CredentialFault[] {
  if (required === undefined || required.length === 0) return [];
  const fields = missingFields(required, values);
  if (fields === undefined) return [{ kind: 'fields-unreadable', credential }];
  return fields.length === 0 ? [] : [{ kind: 'missing', credential, fields }];
}

export function credentialsBehind(db: Kysely<Database>, after: bigint | undefined) {
  const query = db.selectFrom('credential_type').select([
    'id',
    'credential_prototype_id as prototype',
    'fields',
    // Neither a join nor EXISTS: an engine might begin with all companies.
    sql<number | null>`(
        select case when enabled = true then 1 else 0 end from company where company.id = ${sql.ref('credential_type.company_id')})`.as(
      'enabled',
    ),
  ]);
  return (after === undefined ? query : query.where('id', '>', after)).orderBy('id');
}

export function prototypes(engine: Engine, ids: readonly bigint[]) {
  return engine
    .kysely<Database>()
    .selectFrom('credential_prototype')
    .select(['id', 'definition'])
    .where(engine.among('id', ids))
    .orderBy('id');
}
