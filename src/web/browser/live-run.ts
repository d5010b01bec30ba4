/** The run that is going on, as it happens: by server-sent events, which the browser takes up again by itself. */
import { reachable } from './answers.ts';
import { isBeingUsed } from './in-use.ts';

interface Notice {
  readonly at: string;
  readonly text: string;
}

interface Run {
  readonly state: string;
  readonly progress: {
    readonly activity: string;
    readonly done: number;
    readonly expected: number;
    readonly unit: string;
  } | null;
  readonly notices: readonly Notice[];
}

export function followRun(): void {
  const shown = document.querySelector<HTMLElement>('[data-run]');
  const id = shown?.dataset.run;
  if (!shown || !id) return;
  const events = new EventSource(`/api/runs/${id}/events`);
  events.addEventListener('run', (event) => {
    reachable.dispatchEvent(new Event('found'));
    const run = JSON.parse(String(event.data)) as Run;
    show(shown, run);
    if (run.state === 'running') return;
    events.close();
    end(shown);
  });
  events.addEventListener('error', () => reachable.dispatchEvent(new Event('lost')));
}

const NUMBERS = new Intl.NumberFormat('en');

function show(shown: HTMLElement, { progress, notices }: Run): void {
  if (progress) {
    const { activity, done, expected, unit } = progress;
    const part = expected > 0 ? Math.min(100, Math.floor((done / expected) * 100)) : 0;
    const bar = shown.querySelector<HTMLProgressElement>('[data-run-bar]');
    if (bar) bar.value = part;
    const text = shown.querySelector('[data-run-text]');
    const said = shown.querySelector<HTMLElement>('[data-run-said]');
    const tenth = `${activity}: ${Math.floor(part / 10) * 10} %`;
    if (said && said.textContent !== tenth) said.textContent = tenth;
    if (text)
      text.textContent =
        unit === 'percent' || unit === 'bytes'
          ? `${activity}: ${part} %`
          : `${activity}: ${NUMBERS.format(done)} of about ${NUMBERS.format(expected)} ${unit} (${part} %)`;
  }
  const list = shown.querySelector('[data-run-notices]');
  if (list) add(list, notices);
}

/** Its result is the server's to write; but what somebody has half written on another page is not lost for it. */
function end(shown: HTMLElement): void {
  const main = document.querySelector('main');
  if (shown.matches('.run') || !main || !isBeingUsed(main)) {
    location.reload();
    return;
  }
  shown.querySelector('.progress')?.remove();
  const said = shown.querySelector('[data-run-said]');
  said?.classList.remove('unseen');
  said?.replaceChildren('has ended.');
}

/** Those that are new are added, as all of them would be read aloud again. The server keeps the newest ones. */
function add(list: Element, notices: readonly Notice[]): void {
  const last = list.lastElementChild;
  const known = notices.findLastIndex(
    ({ at, text }) =>
      last?.querySelector('time')?.dateTime === at && last.textContent?.endsWith(` ${text}`) === true,
  );
  list.append(...notices.slice(known + 1).map(itemOf));
  while (list.childElementCount > notices.length) list.firstElementChild?.remove();
}

function itemOf({ at, text }: Notice): HTMLElement {
  const item = document.createElement('li');
  const time = document.createElement('time');
  time.dateTime = at;
  time.textContent = `${at.slice(0, 19).replace('T', ' ')} UTC`;
  item.append(time, ` ${text}`);
  return item;
}
