/** A name as addresses and logins have it: `Růžičková & Söhne` becomes `ruzickova-sohne`. */
export function plainName(name: string): string {
  return name
    .replaceAll('ß', 'ss')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
