/** The routes as OpenAPI 3.1, from the very schemas that requests are parsed with and answers are tested against. */
import * as z from 'zod';
import * as documents from '../documents/schemas.ts';
import { PROGRAM_VERSION } from '../system/index.ts';
import type { Route } from './routes/contract.ts';
import { ROUTES } from './routes/table.ts';
import { RUN, RUNS } from './runs/run.schema.ts';

/** As far as it is used here: JSON Schema of draft 2020-12. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly [more: string]: unknown;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'query' | 'path';
    readonly required: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
  };
}

const SCHEMAS: Readonly<Record<string, z.ZodType>> = { ...documents, RUN, RUNS };
const LOGIN = z.strictObject({ token: z.string() });
const PERSON = z.strictObject({ name: z.string(), scope: z.enum(['read', 'maintain']) });
const LOGGED_OUT = z.strictObject({ logged_out: z.literal(true) });

export function openApiDocument(): OpenApi {
  const names = ['FAILURE', 'RUN', 'RUNS', ...ROUTES.map(({ document }) => document)];
  const schemas = Object.fromEntries(
    [...new Set(names)].map((name) => [name, SCHEMAS[name] ? schemaOf(SCHEMAS[name], 'output') : {}]),
  );
  const paths: Record<string, Record<string, Operation>> = { ...ownPaths() };
  for (const route of ROUTES) {
    const path = `/api/${route.command}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'MultiFlexi console',
      version: PROGRAM_VERSION,
      description: 'The commands of the terminal over HTTP, with the documents that they print as JSON.',
    },
    security: [{ bearer: [] }, { session: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'a token of token:create' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-multiflexi' },
      },
    },
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest as JsonSchema;
}

function json(schema: JsonSchema): Content {
  return { 'application/json': { schema } };
}

function named(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

const FAILURE = {
  description: 'what went wrong, with a code and what to do next',
  content: json(named('FAILURE')),
};

function operationOf(route: Route): Operation {
  const { method, command, kind, scope, summary, document } = route;
  const input = schemaOf(route.input, 'input');
  const answer =
    kind === 'run'
      ? { '202': { description: `it has begun; its result is ${document}`, content: json(named('RUN')) } }
      : { '200': { description: 'as the terminal prints it', content: json(named(document)) } };
  return {
    operationId: `${method.toLowerCase()}-${command.replaceAll(':', '-')}`,
    summary,
    ...(scope === 'maintain' && { description: 'Needs the scope maintain.' }),
    ...(method === 'GET'
      ? { parameters: parametersOf(input) }
      : { requestBody: { required: true, content: json(input) } }),
    responses: { ...answer, default: FAILURE },
  };
}

function parametersOf({ properties = {}, required = [] }: JsonSchema): NonNullable<Operation['parameters']> {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

/** What is no command. */
function ownPaths(): Record<string, Record<string, Operation>> {
  const id = [
    { name: 'id', in: 'path' as const, required: true, schema: { type: 'string', format: 'uuid' } },
  ];
  const answers = (status: string, description: string, schema: JsonSchema) => ({
    [status]: { description, content: json(schema) },
    default: FAILURE,
  });
  return {
    '/healthz': {
      get: {
        operationId: 'healthz',
        summary: 'Whether this process answers; it asks no database.',
        security: [],
        responses: { '200': { description: 'ok' } },
      },
    },
    '/api/session': {
      post: {
        operationId: 'log-in',
        summary: 'Exchanges a token for a session.',
        security: [],
        requestBody: { required: true, content: json(schemaOf(LOGIN, 'input')) },
        responses: answers(
          '201',
          'who has logged in; the session is in a cookie',
          schemaOf(PERSON, 'output'),
        ),
      },
      get: {
        operationId: 'session',
        summary: 'Who is logged in.',
        responses: answers('200', 'who it is', schemaOf(PERSON, 'output')),
      },
      delete: {
        operationId: 'log-out',
        summary: 'Ends the session.',
        responses: answers('200', 'it has ended', schemaOf(LOGGED_OUT, 'output')),
      },
    },
    '/api/runs': {
      get: {
        operationId: 'runs',
        summary: 'The runs since the server was started, newest first.',
        responses: answers('200', 'the last twenty', named('RUNS')),
      },
    },
    '/api/runs/{id}': {
      get: {
        operationId: 'run',
        summary: 'What a run is at, and what has come of it.',
        parameters: id,
        responses: answers('200', 'the run', named('RUN')),
      },
      delete: {
        operationId: 'stop-run',
        summary: 'Stops a run after the current step.',
        description: 'Needs the scope maintain.',
        parameters: id,
        responses: answers('202', 'it was told to stop', named('RUN')),
      },
    },
    '/api/runs/{id}/events': {
      get: {
        operationId: 'run-events',
        summary: 'The run after each change, until it is over, as server-sent events of the name run.',
        parameters: id,
        responses: {
          '200': {
            description: 'each event is a RUN',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
          default: FAILURE,
        },
      },
    },
    '/api/openapi.json': {
      get: {
        operationId: 'openapi',
        summary: 'This description.',
        responses: answers('200', 'OpenAPI 3.1', { type: 'object' }),
      },
    },
  };
}
