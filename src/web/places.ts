/** Where one can go, and which page says more about a finding of the status. */
export const PLACES = [
  { path: '/', name: 'Health' },
  { path: '/growth', name: 'Growth' },
  { path: '/purge', name: 'Purge' },
  { path: '/retention', name: 'Policies and holds' },
  { path: '/archives', name: 'Archives' },
  { path: '/housekeeper', name: 'Housekeeper' },
  { path: '/migrations', name: 'Migrations' },
  { path: '/tables', name: 'Tables' },
  { path: '/backend', name: 'Backend' },
] as const;

/** By the id of a finding: the page to open, and what its button says. */
const REMEDIES: Readonly<Record<string, readonly [path: string, label: string]>> = {
  migrations: ['/migrations?plan=up', 'See what would be applied'],
  drift: ['/migrations?verify=yes', 'Compare the schema'],
  housekeeper: ['/housekeeper', 'See the housekeeper'],
  growth: ['/growth', 'See what grows'],
  statistics: ['/tables?plan=analyze', 'Plan new statistics'],
  space: ['/tables?plan=reclaim', 'See what can be given back'],
  archives: ['/archives', 'See the archives'],
  exports: ['/backend#export', 'See the exports'],
  switched: ['/backend#back', 'See the way back'],
};

export function remedyOf(finding: string): readonly [path: string, label: string] | undefined {
  return REMEDIES[finding];
}
