import { describe, expect, test } from 'vitest';
import { missingFields, requiredFields } from './credential-fields.ts';

describe('the required fields of a definition', () => {
  test.each([
    ['a list', [{ name: 'URL', required: true }, { name: 'NOTE' }], ['URL']],
    ['a list under its name', { fields: [{ name: 'URL', required: true, secret: false }] }, ['URL']],
    ['an object', { URL: { type: 'url', required: true }, NOTE: { required: false } }, ['URL']],
    ['an object under its name', { fields: { URL: { required: 1 }, NOTE: { required: 0 } } }, ['URL']],
    [
      'other words for a name',
      [
        { keyword: 'A', required: 'true' },
        { code: 'B', required: '1' },
      ],
      ['A', 'B'],
    ],
    ['no marks at all', { fields: [{ name: 'URL', secret: true }] }, []],
    ['no fields', { fields: [] }, []],
    ['an empty object', {}, []],
  ])('are found in %s', (_, definition, names) => {
    expect(requiredFields(JSON.stringify(definition))).toEqual(names);
  });

  test.each([
    '',
    '{',
    'null',
    '12',
    '"URL"',
    '["URL"]',
    '[[]]',
    '{"fields":"URL"}',
    '{"fields":{"URL":"yes"}}',
    '[{"required":true}]',
  ])('are not guessed from %j', (definition) => {
    expect(requiredFields(definition)).toBeUndefined();
  });
});

describe('fields of a credential', () => {
  test.each([
    ['an object', '{"A":"1","B":"2"}', []],
    ['blank values', '{"A":"  ","B":null}', ['A', 'B']],
    ['a list', '[{"name":"A","value":"1"},{"name":"B","value":""}]', ['B']],
    ['objects with a value', '{"A":{"value":"1"},"B":{"value":" "}}', ['B']],
    ['values that are no texts', '{"A":0,"B":false}', []],
    ['none at all', null, ['A', 'B']],
    ['null', 'null', ['A', 'B']],
  ])('are missing by their names in %s', (_, fields, missing) => {
    expect(missingFields(['A', 'B'], fields)).toEqual(missing);
  });

  test.each(['{', '12', '"A"'])('are not guessed from %j', (fields) => {
    expect(missingFields(['A'], fields)).toBeUndefined();
  });

  test('are not taken from what every object has', () => {
    expect(missingFields(['constructor', '__proto__', 'toString'], '{}')).toEqual([
      'constructor',
      '__proto__',
      'toString',
    ]);
  });
});
