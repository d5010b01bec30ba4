/**
 * Writes `docs/api.md`, the routes of the console, from its OpenAPI description. With `--check` it writes nothing and fails when
 * the file is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { COMMANDS } from '../src/cli/catalogue.ts';
import { type JsonSchema, type Operation, openApiDocument } from '../src/server/openapi.ts';
import { ROUTES } from '../src/server/routes/table.ts';

const FILE = new URL('../docs/api.md', import.meta.url);
const text = markdown();
if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write('docs/api.md is not what the routes make: run npm run api-docs:generate\n');
  process.exitCode = 1;
}

function markdown(): string {
  const { paths } = openApiDocument();
  const sections = Object.entries(paths).map(([path, operations]) => {
    const parts = Object.entries(operations).map(([method, operation]) => sectionOf(path, method, operation));
    return `## ${path}\n\n${parts.join('\n')}`;
  });
  return `# HTTP API

The routes of the [console](console.md). \`GET /api/openapi.json\` describes them as OpenAPI 3.1, with the schemas of all documents.

- A script sends a token of \`token:create\` with each request: \`Authorization: Bearer mfc_…\`. A person's browser exchanges it for a
  session. A console of one's own takes no bearer.
- \`GET\` reads and plans; \`POST\` carries out, and needs the scope \`maintain\`. A body is a JSON object, of at most 64 KiB, sent as
  \`application/json\`. A query has the same names. A name that is not listed is refused.
- Answers are the documents that the command prints with \`-f json\` ([json.md](json.md)). \`X-MultiFlexi-Taken\` says when one was taken;
  with \`X-MultiFlexi-Stale\` the database did not answer, and this is what was seen last.
- A failure is a document \`{"error": {"code", "message", "next"}}\`. What must be confirmed first is listed beside it as \`needs_confirmation\`:
  the same request with these as \`confirmed\` (their \`kind\` and \`confirmed_by\`) goes on.
- The plans of \`prune\` and \`retention:run\` have an id in \`X-MultiFlexi-Plan\`: \`POST\` with it as \`plan\`, and the number of rows as \`rows\`, deletes
  what was counted. A plan is good for half an hour, once. Of \`db:switch\` a run with \`dry_run\` names its plan as \`plan\`: that is how a URL and its
  password, which no query may have, are posted once.
- A run is answered by 202 and its address in \`Location\`; it goes on without whoever has started it. There is one at a time; another one is
  refused with 409 until it is over.

This page is made by \`npm run api-docs:generate\`; do not edit it.

${sections.join('\n')}`;
}

function sectionOf(
  path: string,
  method: string,
  { summary, description, parameters, requestBody, responses }: Operation,
): string {
  const command = path.replace('/api/', '');
  const route = ROUTES.find((one) => one.command === command && one.method === method.toUpperCase());
  const lines = [
    `**${method.toUpperCase()}** ${summary}${description === undefined ? '' : ` ${description}`}`,
  ];
  const body = requestBody?.content['application/json']?.schema;
  const inputs = parameters
    ? parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name, schema, required }) => inputLine(name, schema, required))
    : Object.entries(body?.properties ?? {}).map(([name, schema]) =>
        inputLine(name, schema, body?.required?.includes(name) ?? false),
      );
  if (inputs.length > 0)
    lines.push(`| ${parameters ? 'query' : 'body'} | |\n|---|---|\n${inputs.join('\n')}`);
  const [status = '', answer] = Object.entries(responses)[0] ?? [];
  const documented =
    route && COMMANDS.has(command) ? `[${command}](json.md#${command.replaceAll(':', '')})` : null;
  if (route?.kind === 'run')
    lines.push(`Answer: ${status}, the run; its result is the document of ${documented}.`);
  else
    lines.push(
      `Answer: ${status}, ${documented === null ? answer?.description : `the document of ${documented}`}.`,
    );
  return `${lines.join('\n\n')}\n`;
}

function inputLine(name: string, schema: JsonSchema, required: boolean): string {
  const meaning = [
    required ? 'required' : '',
    typeOf(schema),
    schema.default === undefined ? '' : `default \`${JSON.stringify(schema.default)}\``,
    schema.description ?? '',
  ];
  return `| \`${name}\` | ${meaning.filter((words) => words !== '').join('; ')} |`;
}

/** What somebody writes: a query has the same as text. */
function typeOf(schema: JsonSchema): string {
  const {
    anyOf,
    enum: values,
    items,
    type,
  } = schema as {
    readonly anyOf?: readonly JsonSchema[];
    readonly enum?: readonly unknown[];
    readonly items?: JsonSchema;
    readonly type?: string;
  };
  if (anyOf?.[0]) return typeOf(anyOf[0]);
  if (values) return values.map((one) => `\`${one}\``).join(', ');
  if (type === 'array') return `list of ${items ? typeOf(items) : 'values'}`;
  return type ?? '';
}
