import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDeb822 } from './apt-sources.ts';
import { messageOf, run } from './command.ts';
import type { Suite } from './suites.ts';

const updatePatience = 300_000;
const downloadPatience = 900_000;

/** A suite's package lists, fetched into a folder of their own. */
export interface Packages {
  /** Names of packages that begin so; virtual ones are left out. */
  names(prefix: string): Promise<string[]>;
  /** Downloads the packages with all that they depend on into the folder, and gives the .deb files. */
  download(packages: readonly string[], folder: string): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Fetches a suite's lists with an apt that knows nothing of what is installed and changes nothing on the machine, but
 * keeps the machine's settings, such as a proxy.
 */
export async function openPackages(suite: Suite, cache: string): Promise<Packages> {
  const work = await mkdtemp(join(cache, '.apt-'));
  const close = async (): Promise<void> => await rm(work, { recursive: true, force: true });
  try {
    // As root apt fetches as a user of its own, who must get in here.
    await chmod(work, 0o755);
    const env = { APT_CONFIG: await configure(work, suite) };
    await run(['apt-get', 'update', '--quiet'], { env, timeout: updatePatience });
    const names = async (prefix: string): Promise<string[]> => {
      const answer = await run(['apt-cache', 'pkgnames', prefix], { env });
      return answer.split('\n').filter((name) => name !== '');
    };
    const download = async (packages: readonly string[], folder: string): Promise<string[]> => {
      await mkdir(join(folder, 'partial'), { recursive: true });
      const options = ['--quiet', '--download-only', '--option', `Dir::Cache::archives=${folder}`];
      // Several engines download from one suite at once, each into a folder of its own.
      options.push('--option', 'Debug::NoLocking=true');
      await run(['apt-get', 'install', ...options, ...packages], { env, timeout: downloadPatience });
      const files = await readdir(folder);
      return files.filter((file) => file.endsWith('.deb')).map((file) => join(folder, file));
    };
    return { names, download, close };
  } catch (error) {
    await close();
    throw new Error(`apt cannot read the suite ${suite.name}: ${messageOf(error)}`);
  }
}

/**
 * Writes apt's settings and gives the file for APT_CONFIG. That one is read before the machine's own settings, so it
 * only puts our file in the place of the machine's main file, which is read last and so can overrule and clear.
 */
async function configure(work: string, suite: Suite): Promise<string> {
  for (const folder of ['sources', 'state/lists/partial', 'cache/archives/partial', 'log']) {
    await mkdir(join(work, folder), { recursive: true });
  }
  await writeFile(join(work, 'sources/suite.sources'), writeDeb822(suite.sources));
  // An empty list of installed packages: every dependency is named, down to the C library.
  await writeFile(join(work, 'status'), '');
  const answer = await run(['apt-config', 'shell', 'main', 'Dir::Etc::main/f']);
  const machineMain = /^main='(.*)'$/m.exec(answer)?.[1];
  await writeFile(join(work, 'apt.conf'), await settings(work, machineMain));
  const first = join(work, 'first.conf');
  const before = process.env.APT_CONFIG;
  const include = before === undefined || before === '' ? '' : `#include "${before}";\n`;
  await writeFile(first, `${include}Dir::Etc::main "${join(work, 'apt.conf')}";\n`);
  return first;
}

async function settings(work: string, machineMain: string | undefined): Promise<string> {
  const isThere = machineMain !== undefined && (await readdir(join(machineMain, '..'))).includes('apt.conf');
  return `${isThere ? `#include "${machineMain}";\n` : ''}
// Hooks would clean or refresh what belongs to the machine; its pins and default release are about other suites.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear APT::Default-Release;
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "${join(work, 'sources')}";
Dir::State "${join(work, 'state')}";
Dir::State::Lists "${join(work, 'state/lists')}";
Dir::State::status "${join(work, 'status')}";
Dir::Cache "${join(work, 'cache')}";
Dir::Cache::archives "${join(work, 'cache/archives')}";
Dir::Log "${join(work, 'log')}";
APT::Install-Recommends "false";
APT::Get::Assume-Yes "true";
// Without it apt succeeds even where no list could be fetched.
APT::Update::Error-Mode "any";
Acquire::Retries "3";
`;
}
