/** Pages that show how it is now are loaded again while somebody looks, and has nothing half written. */
import { reachable } from './answers.ts';
import { isBeingUsed } from './in-use.ts';

export function refreshMain(): void {
  const main = document.querySelector<HTMLElement>('main[data-refresh]');
  const seconds = Number(main?.dataset.refresh);
  if (!main || !(seconds > 0)) return;
  setInterval(() => {
    if (document.visibilityState === 'visible' && !isBeingUsed(main)) void refresh(main);
  }, seconds * 1_000);
}

async function refresh(main: HTMLElement): Promise<void> {
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (response.status === 401) location.reload();
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('main');
    if (fresh) main.replaceChildren(...fresh.childNodes);
    reachable.dispatchEvent(new Event('found'));
  } catch {
    reachable.dispatchEvent(new Event('lost'));
  }
}
