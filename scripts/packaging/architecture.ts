/** The architectures that packages are built for. */
export type Architecture = 'amd64' | 'arm64';

export interface Machine {
  /** As Node and npm call it. */
  readonly node: string;
  /** `e_machine` in the head of its binaries. */
  readonly elf: number;
}

export const ARCHITECTURES: Readonly<Record<Architecture, Machine>> = {
  amd64: { node: 'x64', elf: 62 },
  arm64: { node: 'arm64', elf: 183 },
};

export function architectureNamed(name: string): Architecture {
  if (name === 'amd64' || name === 'arm64') return name;
  throw new Error(`There are packages for ${Object.keys(ARCHITECTURES).join(' and ')}, not for ${name}.`);
}

/** The one of this machine. */
export function thisArchitecture(): Architecture {
  return architectureNamed(process.arch === 'x64' ? 'amd64' : process.arch);
}
