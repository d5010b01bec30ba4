/** Forms with `data-command`: their fields become the JSON that the command's route takes. */
import { ask, type Failure } from './answers.ts';

export function sendForms(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.command === undefined) return;
    event.preventDefault();
    void send(form, form.dataset.command);
  });
  document.addEventListener('input', (event) => {
    const { target } = event;
    if (target instanceof HTMLInputElement && target.dataset.expected !== undefined) holdTo(target);
  });
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (button?.dataset.stop !== undefined) void stop(button, button.dataset.stop);
    if (button?.dataset.logOut !== undefined)
      void ask('DELETE', '/api/session').then(() => location.assign('/'));
  });
}

/** A number that is typed must be the one that stands there; spaces and commas between its digits are nobody's fault. */
function holdTo(input: HTMLInputElement): void {
  const isIt = digitsOf(input.value) === input.dataset.expected;
  input.setCustomValidity(isIt ? '' : `Type ${input.dataset.expected}.`);
}

function digitsOf(text: string): string {
  return text.replace(/[\s,.'’_]/g, '');
}

async function send(form: HTMLFormElement, command: string): Promise<void> {
  for (const input of form.querySelectorAll<HTMLInputElement>('input[data-expected]')) holdTo(input);
  if (!form.reportValidity()) return;
  const button = form.querySelector<HTMLButtonElement>('button[type=submit]');
  if (button) button.disabled = true;
  const answer = await ask('POST', `/api/${command}`, bodyOf(form));
  if (button) button.disabled = false;
  if (!answer.ok) say(form, answer.failure);
  else if (answer.status === 202) location.assign('/run');
  else location.reload();
}

/** Fields that are empty are not sent. */
function bodyOf(form: HTMLFormElement): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const confirmed: { kind: string; confirmed_by: string }[] = [];
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) continue;
    const { confirmation } = field.dataset;
    if (confirmation !== undefined && field instanceof HTMLInputElement) {
      if (field.checked) confirmed.push({ kind: confirmation, confirmed_by: field.value });
    } else if (field.name !== '') {
      const value = valueIn(field);
      if (value !== undefined) body[field.name] = value;
    }
  }
  return confirmed.length === 0 ? body : { ...body, confirmed };
}

function valueIn(field: HTMLInputElement | HTMLSelectElement): unknown {
  if (field instanceof HTMLInputElement && field.type === 'checkbox') return field.checked;
  if (field instanceof HTMLInputElement && field.type === 'password') return field.value || undefined;
  const text = field.value.trim();
  if (text === '') return undefined;
  switch (field.dataset.type) {
    case 'number':
      // What is no number is refused by the server, in its own words.
      return /^\d+$/.test(digitsOf(text)) ? Number(digitsOf(text)) : text;
    case 'flag':
      return text === 'true';
    case 'list':
      return text.split(',').map((one) => one.trim());
    default:
      return text;
  }
}

function say(form: HTMLFormElement, { message, next }: Failure): void {
  const answer = form.querySelector<HTMLElement>('[data-answer]');
  if (!answer) return;
  answer.hidden = false;
  answer.textContent = `${message} ${next}`;
}

async function stop(button: HTMLButtonElement, run: string): Promise<void> {
  button.disabled = true;
  const answer = await ask('DELETE', `/api/runs/${run}`);
  button.textContent = answer.ok ? 'It stops after the current step' : answer.failure.message;
}
