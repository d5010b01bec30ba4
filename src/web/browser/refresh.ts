/** Pages that show how it is now are loaded again while somebody looks, and has nothing half written. */
import { reachable } from './answers.ts';

export function refreshMain(): void {
  const main = document.querySelector<HTMLElement>('main[data-refresh]');
  const seconds = Number(main?.dataset.refresh);
  if (!main || !(seconds > 0)) return;
  setInterval(() => {
    if (document.visibilityState === 'visible' && !isBusy(main)) void refresh(main);
  }, seconds * 1_000);
}

function isBusy(main: HTMLElement): boolean {
  const typed = [...main.querySelectorAll('input')].some(
    (input) => input.type !== 'hidden' && input.type !== 'checkbox' && input.value !== input.defaultValue,
  );
  return (
    typed ||
    main.querySelector('details[open]') !== null ||
    main.contains(document.activeElement?.closest('form') ?? null)
  );
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
