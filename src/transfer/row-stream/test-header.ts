/** The header of the files that tests write. */
import { FORMAT, FORMAT_VERSION, type RowStreamHeader } from './format.ts';

export function testHeader(
  tables: RowStreamHeader['tables'],
  version: RowStreamHeader['version'] = FORMAT_VERSION,
): RowStreamHeader {
  return {
    part: 'header',
    format: FORMAT,
    version,
    purpose: 'test',
    created: '2026-01-31T00:00:00.000Z',
    program: '0',
    source: { product: 'none', where: 'nowhere', installation: null, server: null },
    tables,
    details: {},
  };
}
