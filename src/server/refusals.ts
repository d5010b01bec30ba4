/** What the server itself refuses, beside the failures of tasks: each has a status, a code for scripts and two sentences. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 421 | 429 | 503;
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

export const NOT_LOGGED_IN: Refusal = {
  status: 401,
  code: 'NOT_LOGGED_IN',
  message: 'You are not logged in.',
  next: 'Log in, or send a token as Authorization: Bearer.',
};

export const LOGIN_FAILED: Refusal = {
  status: 401,
  code: 'LOGIN_FAILED',
  message: 'This token is not valid, or no longer.',
  next: 'Check that it was copied completely. An address that a console has printed can be used once.',
};

export const TOO_MANY_LOGINS: Refusal = {
  status: 429,
  code: 'TOO_MANY_LOGINS',
  message: 'Too many logins have failed.',
  next: 'Wait a minute, and try again.',
};

export const NOBODY_CAN_TELL: Refusal = {
  status: 503,
  code: 'LOGIN_UNKNOWN',
  message: 'The database that knows the tokens does not answer.',
  next: 'Try again in a moment. A console that is started on the server itself needs no token of the database.',
};

export const WRONG_HOST: Refusal = {
  status: 421,
  code: 'WRONG_HOST',
  message: 'This server does not answer under that name.',
  next: 'Use the address that it was started with.',
};

export const BAD_REQUEST: Refusal = {
  status: 400,
  code: 'BAD_REQUEST',
  message: 'The request is not one that this server understands.',
  next: 'Check the address and the headers.',
};

export const TOKEN_IN_ADDRESS: Refusal = {
  status: 400,
  code: 'TOKEN_IN_ADDRESS',
  message: 'A token does not belong into an address: logs and histories keep it.',
  next: 'Send it as Authorization: Bearer, or log in. Revoke this one.',
};

export const FOREIGN_ORIGIN: Refusal = {
  status: 403,
  code: 'FOREIGN_ORIGIN',
  message: 'The request comes from another site.',
  next: 'Use the pages of this server.',
};

export const READ_ONLY: Refusal = {
  status: 403,
  code: 'READ_ONLY_ACCOUNT',
  message: 'Your account may look and plan, and change nothing.',
  next: 'Ask for a token with the scope maintain.',
};

export const NOT_FOUND: Refusal = {
  status: 404,
  code: 'NOT_FOUND',
  message: 'There is nothing here.',
  next: 'Begin at the first page.',
};

export const WRONG_METHOD: Refusal = {
  status: 405,
  code: 'WRONG_METHOD',
  message: 'This cannot be done with that method.',
  next: 'GET reads and plans, POST carries out.',
};

export const NOT_JSON: Refusal = {
  status: 415,
  code: 'NOT_JSON',
  message: 'The body is not JSON.',
  next: 'Send an object, with Content-Type: application/json.',
};

export const TOO_LARGE: Refusal = {
  status: 413,
  code: 'BODY_TOO_LARGE',
  message: 'The body is too large.',
  next: 'No request needs more than 64 KiB.',
};

export const PLAN_GONE: Refusal = {
  status: 409,
  code: 'PLAN_OUTDATED',
  message: 'This plan is too old, or the server was restarted since.',
  next: 'Nothing was done. Plan again.',
};

export const NO_SUCH_RUN: Refusal = {
  status: 404,
  code: 'UNKNOWN_RUN',
  message: 'There is no such run since this server was started.',
  next: 'The history has older ones.',
};

export function rowsNotTyped(rows: number): Refusal {
  return {
    status: 409,
    code: 'NEEDS_CONFIRMATION',
    message: `The plan is of ${rows} rows, and that number was not confirmed.`,
    next: 'Nothing was done. Send the number as rows.',
  };
}

export const CHANGE_IS_GOING: Refusal = {
  status: 409,
  code: 'LOCKED',
  message: 'Something is being changed in this database at the moment.',
  next: 'Nothing was done. Try again in a moment.',
};

export function runIsGoing(what: string, by: string, since: string): Refusal {
  return {
    status: 409,
    code: 'LOCKED',
    message: `${what} is running, started by ${by} at ${since}.`,
    next: 'Nothing was done. Wait for its end, or stop it.',
  };
}

export function badInput(faults: readonly string[]): Refusal {
  return {
    status: 400,
    code: 'USAGE',
    message: `The request is not valid: ${faults.join('; ')}.`,
    next: 'docs/api.md lists what each route takes.',
  };
}
