/** Where a duty's walk by instant and id has stopped, as it is kept in the database between two runs. */
import * as z from 'zod/mini';
import type { Engine } from '../../engines/index.ts';
import { isZeroDate, type WalkPlace } from '../../maintenance/index.ts';
import { ID, INSTANT_TEXT } from '../../schema/index.ts';

const PLACE = z.object({ at: INSTANT_TEXT, id: ID });

/** @returns undefined for what is none, or none that the engine could compare with: then the walk begins anew */
export function parsePlace(
  position: unknown,
  { capabilities }: Pick<Engine, 'capabilities'>,
): WalkPlace | undefined {
  const place = z.safeParse(PLACE, position).data;
  if (place === undefined || isZeroDate(place)) return undefined;
  const isDate = !Number.isNaN(Date.parse(`${place.at.slice(0, 19).replace(' ', 'T')}Z`));
  return isDate || (capabilities.extremeInstants && !/^\d{4}-.*[^C]$/.test(place.at)) ? place : undefined;
}

/** For {@link parsePlace}: JSON has no numbers of 64 bits. */
export function placeJson(
  place: WalkPlace | undefined,
): { readonly at: string; readonly id: string } | undefined {
  return place && { at: place.at, id: String(place.id) };
}
