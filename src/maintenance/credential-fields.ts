/** Which fields a credential must have, and which of them it lacks: names alone, never a value. */
import { parsedJson } from '../system/index.ts';

/**
 * The names of the fields that a prototype's definition marks as required. Fields are a list of objects with a name, or an
 * object by name; either of them is the definition, or its `fields`.
 * @returns undefined for a definition of another form
 */
export function requiredFields(definition: string): readonly string[] | undefined {
  const parsed = parsedJson(definition);
  const fields = isObject(parsed) && 'fields' in parsed ? parsed.fields : parsed;
  if (Array.isArray(fields)) {
    const named = fields.map((field: unknown) => ({
      field,
      name: isObject(field) ? nameOf(field) : undefined,
    }));
    if (named.some(({ name }) => name === undefined)) return undefined;
    return named.flatMap(({ field, name }) => (name !== undefined && isRequired(field) ? [name] : []));
  }
  if (!isObject(fields) || !Object.values(fields).every(isObject)) return undefined;
  return Object.entries(fields).flatMap(([name, field]) => (isRequired(field) ? [name] : []));
}

/**
 * Those of the names that have no value or a blank one. Values are an object by name, or a list of objects with a name.
 * @param fields null for none @returns undefined for fields of another form
 */
export function missingFields(
  required: readonly string[],
  fields: string | null,
): readonly string[] | undefined {
  const parsed = fields === null ? {} : parsedJson(fields);
  const values = parsed === null ? new Map<string, unknown>() : valuesByName(parsed);
  return values && required.filter((name) => isBlank(values.get(name)));
}

function valuesByName(parsed: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(parsed))
    return new Map(parsed.filter(isObject).map((field) => [nameOf(field) ?? '', field.value]));
  return isObject(parsed) ? new Map(Object.entries(parsed)) : undefined;
}

function nameOf({ name, keyword, code }: Readonly<Record<string, unknown>>): string | undefined {
  return [name, keyword, code].find((one) => typeof one === 'string' && one !== '') as string | undefined;
}

function isRequired(field: unknown): boolean {
  if (!isObject(field)) return false;
  const { required } = field;
  return required === true || required === 1 || /^(?:1|true|yes)$/i.test(String(required));
}

function isBlank(value: unknown): boolean {
  if (isObject(value) && 'value' in value) return isBlank(value.value);
  return value === null || value === undefined || (typeof value === 'string' && value.trim() === '');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
