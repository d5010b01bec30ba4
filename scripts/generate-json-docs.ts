/**
 * Writes `docs/json.md`, what each command prints with `-f json`, from the schemas of the documents. With `--check` it writes
 * nothing and fails when the file is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { COMMANDS } from '../src/cli/catalogue.ts';
import { COMMAND_DOCUMENTS, type CommandDocument, FAILURE } from '../src/cli/command-documents.ts';

/** As far as it is used here. */
interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

const FILE = new URL('../docs/json.md', import.meta.url);
const text = markdown();
if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write('docs/json.md is not what the schemas make: run npm run json-docs:generate\n');
  process.exitCode = 1;
}

function markdown(): string {
  const commands = [...COMMAND_DOCUMENTS].map(([command, documents]) => section(command, documents));
  return `# JSON

What each command prints on stdout with \`-f json\`: one document, and nothing else. Messages and progress go to stderr.
Every field listed is always there unless it is marked optional. Field names are stable: new ones may be added, and none
changes its meaning. Times are UTC; sizes are bytes; an id that a number cannot hold exactly is text.

This page is made by \`npm run json-docs:generate\` from \`src/documents/*.schema.ts\`, with which the tests parse what the
program prints; do not edit it.

## Failures

A command that fails prints this instead, with an exit status other than 0. \`code\` is for scripts; \`message\` and \`next\`
are for people and may change.

${table(FAILURE)}
${commands.join('\n')}`;
}

function section(command: string, documents: readonly CommandDocument[]): string {
  const parts = documents.map(({ when, schema }) =>
    documents.length === 1
      ? table(schema)
      : `${when === 'result' ? 'Result' : `With \`--dry-run\``}:\n\n${table(schema)}`,
  );
  return `## ${command}\n\n${sentence(COMMANDS.get(command)?.summary ?? '')}\n\n${parts.join('\n')}`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function table(schema: z.ZodType): string {
  const lines = fields(z.toJSONSchema(schema) as JsonSchema, '');
  return `| field | type | |\n|---|---|---|\n${lines.join('\n')}\n`;
}

function fields({ properties = {}, required = [] }: JsonSchema, path: string): string[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const { shown, description } = withoutNull(field);
    const optional = required.includes(name) ? '' : 'optional';
    const meaning = [optional, field.description ?? description ?? '']
      .filter((words) => words !== '')
      .join('; ');
    const line = `| \`${path}${name}\` | ${typeOf(field)} | ${meaning} |`;
    if (shown.type === 'array' && shown.items?.properties)
      return [line, ...fields(shown.items, `${path}${name}[].`)];
    return shown.properties ? [line, ...fields(shown, `${path}${name}.`)] : [line];
  });
}

/** What a field that may be null is otherwise. */
function withoutNull(field: JsonSchema): {
  readonly shown: JsonSchema;
  readonly description: string | undefined;
} {
  const shown = field.anyOf?.find(({ type }) => type !== 'null') ?? field;
  return { shown, description: shown.description };
}

function typeOf({ type, anyOf, enum: values, const: value, items, properties }: JsonSchema): string {
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (value !== undefined) return `\`${JSON.stringify(value)}\``;
  if (values) return values.map((one) => `\`${JSON.stringify(one)}\``).join(', ');
  if (type === 'array') return items?.properties ? 'list' : `list of ${items ? typeOf(items) : ''}`;
  if (properties) return 'object';
  return typeof type === 'string' ? type : (type ?? []).join(' or ');
}
