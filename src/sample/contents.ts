/**
 * What artifacts hold. Text is made once, and artifacts are pieces of it without a copy: 300 MB of them cost
 * half a megabyte here. Results, which must be whole, are picked from a shelf of ready ones.
 */
import { type NonEmpty, nonEmpty, type Random } from './random.ts';
import { LARGEST, skewedSize } from './sizes.ts';

export interface Contents {
  readonly stdout: Text;
  readonly stderr: Text;
  readonly json: NonEmpty<Buffer>;
  readonly csv: NonEmpty<Buffer>;
  /** With zero bytes. */
  readonly pdf: NonEmpty<Buffer>;
}

const TEXT_BYTES = 512 * 1024;
const RESULTS = 200;
const PDFS = 16;

/** Lines to cut from. */
export class Text {
  readonly #bytes: Buffer;
  readonly #starts: NonEmpty<number>;

  constructor(lines: Iterable<string>) {
    const starts: number[] = [];
    const buffers: Buffer[] = [];
    let length = 0;
    for (const line of lines) {
      const bytes = Buffer.from(`${line}\n`);
      // Whatever begins here has room for the largest piece.
      if (length < TEXT_BYTES - 2 * LARGEST) starts.push(length);
      buffers.push(bytes);
      length += bytes.length;
      if (length >= TEXT_BYTES) break;
    }
    this.#bytes = Buffer.concat(buffers);
    this.#starts = nonEmpty(starts);
  }

  /** Whole lines, of about `size` bytes; the last is cut where they would be more than the largest size. */
  piece(size: number, random: Random): Buffer {
    const start = random.pick(this.#starts);
    const end = this.#bytes.indexOf('\n', start + Math.max(size - HALF_LINE, 1));
    return this.#bytes.subarray(start, Math.min(end + 1, start + LARGEST));
  }
}

/** Pieces go on to the end of a line, so they are this much longer than they were meant to be. */
const HALF_LINE = 35;

export function contents(random: Random): Contents {
  const shelf = (count: number, make: () => Buffer) => nonEmpty(Array.from({ length: count }, make));
  return {
    stdout: new Text(lines(STDOUT, random)),
    stderr: new Text(lines(STDERR, random)),
    json: shelf(RESULTS, () => jsonResult(random)),
    csv: shelf(RESULTS, () => csvResult(random)),
    pdf: shelf(PDFS, () => pdfResult(random)),
  };
}

type Line = (number: number, random: Random) => string;

const STDOUT: NonEmpty<Line> = [
  (n) => `INFO  Faktura VF${2_026_000_000 + n} naimportována, částka ${n}.${(n % 90) | 10} Kč`,
  (n) => `INFO  Pohyb ${n} spárován s dokladem, variabilní symbol ${1_000_000 + n}`,
  (n) => `DEBUG GET /c/firma/faktura-prijata/${n}.json?detail=summary -> 200 (${n % 900} ms)`,
  (n) => `INFO  Úhrada č. ${n} je již zaúčtována, přeskakuji`,
  (n) => `INFO  ${n} Datensätze gelesen, ${n % 17} geändert, 0 gelöscht`,
  (n, random) => `DEBUG token=${random.hex(24)} cache ${n % 3 === 0 ? 'miss' : 'hit'}`,
  (n) => `OK    Výpis ${n % 366}/2026 stažen: ${n % 40} pohybů, zůstatek ${n * 7} Kč ✅`,
  (n) => `INFO  Mail to kunde${n}@example.com queued, 1 attachment (${n} bytes)`,
  (n) => `INFO  ${n % 100} % hotovo`,
];

const STDERR: NonEmpty<Line> = [
  (n) => `WARNING Odběratel ${n} nemá vyplněné IČO, kontrola přeskočena`,
  (n) => `ERROR  HTTP 503 Service Unavailable, Versuch ${n % 5} von 5, warte ${n % 60} s`,
  (n) => `PHP Warning: Undefined array key "varSym" in /usr/share/app/src/Importer.php on line ${n % 900}`,
  (n) => `ERROR  Spojenie bolo ukončené: SQLSTATE[HY000] [2002] Connection timed out (${n})`,
  (n) => `  #${n % 20} /usr/share/php/Ledger/Client.php(${n % 1_200}): Ledger\\Client->request()`,
  (n) => `curl: (28) Operation timed out after ${n} milliseconds with 0 bytes received`,
];

function* lines(kinds: NonEmpty<Line>, random: Random): Generator<string> {
  for (;;) yield random.pick(kinds)(random.below(100_000), random);
}

function jsonResult(random: Random): Buffer {
  const size = skewedSize(random);
  const head = `{"status":"success","message":"Zpracováno bez chyb","metrics":{"seconds":${random.below(900)}},"documents":[`;
  let documents = '';
  do {
    documents += `${documents === '' ? '' : ','}{"code":"VF${random.between(1_000_000, 9_999_999)}","amount":${random.below(90_000)}.5}`;
  } while (head.length + documents.length < size - 40);
  return Buffer.from(`${head}${documents}]}`);
}

function csvResult(random: Random): Buffer {
  const size = skewedSize(random);
  let text = 'doklad;odběratel;částka;splatnost\r\n';
  while (text.length < size) {
    text += `VF${random.between(100_000, 999_999)};"Žižka & syn";${random.below(99_999)},00;${random.between(1, 28)}.${random.between(1, 12)}.2026\r\n`;
  }
  return Buffer.from(text);
}

/** Not one that opens: the head and tail of a PDF around bytes of every value. */
function pdfResult(random: Random): Buffer {
  const body = Buffer.alloc(random.between(1_000, 8_000));
  for (let index = 0; index < body.length; index++) {
    if (random.chance(0.8)) body[index] = random.below(256);
  }
  return Buffer.concat([
    Buffer.from('%PDF-1.4\n%\xE2\xE3\xCF\xD3\n', 'latin1'),
    body,
    Buffer.from('\n%%EOF\n'),
  ]);
}
