/** Builds small values of a JSON document from their tokens, within bounds, and refuses members that come twice. */
import type { Token } from './json-tokens.ts';

/** Far beyond what any export says of itself. */
const MOST_TOKENS = 200_000;
const MOST_CHARACTERS = 2 * 1024 * 1024;
const DEEPEST = 8;

/** Thrown with what is wrong, as part of a sentence. */
export class SmallJsonError extends Error {}

type Container = { readonly list: unknown[] } | { readonly members: Map<string, unknown>; key: string };

export class SmallJson {
  private readonly stack: Container[] = [];
  private text = '';
  private tokens = 0;
  private characters = 0;
  private result: { readonly value: unknown } | undefined;

  /** @returns the value when it is complete @throws SmallJsonError */
  add(token: Token): { readonly value: unknown } | undefined {
    if (++this.tokens > MOST_TOKENS) throw new SmallJsonError('what it says of itself is too long');
    switch (token.name) {
      case 'startObject':
        this.open({ members: new Map(), key: '' });
        break;
      case 'startArray':
        this.open({ list: [] });
        break;
      case 'endObject':
      case 'endArray':
        this.close();
        break;
      case 'startKey':
      case 'startString':
      case 'startNumber':
        this.text = '';
        break;
      case 'stringChunk':
      case 'numberChunk':
        this.characters += token.value.length;
        if (this.characters > MOST_CHARACTERS) throw new SmallJsonError('what it says of itself is too long');
        this.text += token.value;
        break;
      case 'endKey':
        this.key(this.text);
        break;
      case 'endString':
        this.put(this.text);
        break;
      case 'endNumber':
        this.put(Number(this.text));
        break;
      case 'nullValue':
      case 'trueValue':
      case 'falseValue':
        this.put(token.value);
        break;
      default:
        throw new SmallJsonError('it has a value that it should not have');
    }
    return this.result;
  }

  private open(container: Container): void {
    if (this.stack.length >= DEEPEST) throw new SmallJsonError('it is nested too deep');
    this.stack.push(container);
  }

  private close(): void {
    const container = this.stack.pop();
    if (!container) throw new SmallJsonError('its parts are out of order');
    this.put('list' in container ? container.list : Object.fromEntries(container.members));
  }

  private key(name: string): void {
    const container = this.stack.at(-1);
    if (!container || 'list' in container) throw new SmallJsonError('its parts are out of order');
    if (container.members.has(name)) throw new SmallJsonError(`it has the member ${shown(name)} twice`);
    container.key = name;
    container.members.set(name, undefined);
  }

  private put(value: unknown): void {
    const container = this.stack.at(-1);
    if (!container) this.result = { value };
    else if ('list' in container) container.list.push(value);
    else container.members.set(container.key, value);
  }
}

/** A name as an error may have it: short, and on one line. */
export function shown(name: string): string {
  return JSON.stringify(name.slice(0, 64)).slice(1, -1);
}
