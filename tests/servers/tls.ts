import { chmod, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onPath, run } from './command.ts';
import type { Certificates, Owner } from './contract.ts';

/** Our own settings for openssl: those of the machine may ask for fields or add extensions that we do not want. */
const settings = `[req]
distinguished_name = name
prompt = no
[name]
CN = localhost
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
`;

/**
 * Makes an authority of its own and a certificate for `localhost` and `127.0.0.1` in the folder, or gives undefined
 * where the machine has no `openssl`. Elliptic keys, since those take no time to make.
 */
export async function makeCertificates(
  directory: string,
  owner: Owner | undefined,
): Promise<Certificates | undefined> {
  const openssl = await onPath('openssl');
  if (openssl === undefined) return undefined;
  const at = (name: string): string => join(directory, name);
  const config = at('openssl.cnf');
  await writeFile(config, settings);
  for (const key of ['ca.key', 'server.key']) {
    await run([openssl, 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at(key)]);
  }
  const days = ['-days', '7'];
  const authority = ['-config', config, '-extensions', 'authority', '-subj', '/CN=tests of MultiFlexi'];
  await run([
    openssl,
    'req',
    '-x509',
    '-new',
    '-key',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    ...days,
    ...authority,
  ]);
  await run([openssl, 'req', '-new', '-key', at('server.key'), '-out', at('server.csr'), '-config', config]);
  const signer = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-set_serial', '2'];
  const extensions = ['-extfile', config, '-extensions', 'server'];
  const request = ['-req', '-in', at('server.csr'), '-out', at('server.pem')];
  await run([openssl, 'x509', ...request, ...signer, ...extensions, ...days]);
  // PostgreSQL refuses a key that others could read or that is not its own.
  await chmod(at('server.key'), 0o600);
  if (owner !== undefined) {
    for (const name of ['ca.pem', 'server.pem', 'server.key']) await chown(at(name), owner.uid, owner.gid);
  }
  return { ca: at('ca.pem'), cert: at('server.pem'), key: at('server.key') };
}
