/** The parts of the program as a CycloneDX document, which is the same whenever it is made. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Library } from './licences.ts';
import { CHECKOUT } from './places.ts';
import { run } from './tools.ts';

const BOM = z.looseObject({
  metadata: z.looseObject({ component: z.looseObject({ 'bom-ref': z.string() }) }),
  components: z.array(z.looseObject({ 'bom-ref': z.string(), name: z.string(), version: z.string() })),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

/** @param libraries all that is in the package @param instant of the release, in seconds since the epoch */
export function sbom(libraries: readonly Library[], node: string, version: string, instant: number): string {
  const all = BOM.parse(JSON.parse(run('npm', ['sbom', '--sbom-format', 'cyclonedx'], { cwd: CHECKOUT })));
  const inside = new Set(libraries.map((library) => `${library.name}@${library.version}`));
  const components = all.components
    .filter((component) => inside.has(`${component.name}@${component.version}`))
    // What npm knows of the checkout is not so of the package: these are in it, and no question of an environment.
    .map(({ scope: _, properties: __, ...component }) => ({ ...component, scope: 'required' }));
  const missing = [...inside].filter(
    (one) => !components.some(({ name, version: its }) => one === `${String(name)}@${String(its)}`),
  );
  if (missing.length > 0)
    throw new Error(`npm sbom does not know ${missing.join(', ')}, which are in the program.`);
  const refs = new Set(components.map((component) => String(component['bom-ref'])));
  const runtime = {
    'bom-ref': `node@${node}`,
    type: 'platform',
    name: 'node',
    version: node,
    scope: 'required',
    purl: `pkg:generic/node@${node}`,
    licenses: [{ license: { name: 'Node.js' } }],
  };
  const own = `multiflexi-database@${version}`;
  const body = {
    metadata: {
      timestamp: new Date(instant * 1_000).toISOString(),
      component: {
        'bom-ref': own,
        type: 'application',
        name: 'multiflexi-database',
        version,
        licenses: [{ license: { id: 'MIT' } }],
      },
    },
    components: [...components, runtime].sort((a, b) =>
      String(a['bom-ref']) < String(b['bom-ref']) ? -1 : 1,
    ),
    dependencies: [
      { ref: own, dependsOn: [...refs, runtime['bom-ref']].sort() },
      ...all.dependencies
        .filter(({ ref }) => refs.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) })),
    ],
  };
  const head = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
    version: 1,
  };
  return `${JSON.stringify({ ...head, ...body }, null, 2)}\n`;
}

/** A name-based UUID, so that the same parts have the same number. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
