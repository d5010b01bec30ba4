/** Says that the console does not answer, looks for it, and loads the page again when it is back. */
import { reachable } from './answers.ts';

const LOOK_MS = 2_000;

export function watchConsole(): void {
  const banner = document.querySelector<HTMLElement>('.offline');
  let looking: ReturnType<typeof setInterval> | undefined;
  reachable.addEventListener('lost', () => {
    if (banner) banner.hidden = false;
    looking ??= setInterval(async () => {
      const answer = await fetch('/healthz').catch(() => null);
      if (answer?.ok) location.reload();
    }, LOOK_MS);
  });
  reachable.addEventListener('found', () => {
    clearInterval(looking);
    looking = undefined;
    if (banner) banner.hidden = true;
  });
}
