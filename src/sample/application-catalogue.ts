/** The applications of the sample: what a bookkeeping office automates. */
import type { NonEmpty } from './random.ts';

export interface Field {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'bool' | 'email' | 'url';
  readonly values: NonEmpty<string>;
}

export interface ApplicationDefinition {
  readonly code: string;
  readonly name: string;
  readonly description: string;
  readonly executable: string;
  /** Fields stand in braces. */
  readonly params: string;
  readonly resultfile: string;
  readonly topics: string;
  readonly fields: readonly Field[];
}

const LIMIT: Field = { name: 'IMPORT_LIMIT', type: 'integer', values: ['50', '200', '1000'] };
const SCOPE: Field = {
  name: 'IMPORT_SCOPE',
  type: 'string',
  values: ['yesterday', 'last_week', 'current_month', 'last_month'],
};
const DEBUG: Field = { name: 'APP_DEBUG', type: 'bool', values: ['false', 'false', 'true'] };
const MAIL: Field = {
  name: 'MAIL_TO',
  type: 'email',
  values: ['ucetni@example.com', 'buchhaltung@example.com', 'faktury@example.com'],
};
const SERVER: Field = {
  name: 'LEDGER_URL',
  type: 'url',
  values: ['https://ledger.example.com:5434', 'https://ucto.example.cz', 'https://buch.example.de'],
};
const LANGUAGE: Field = {
  name: 'REPORT_LANGUAGE',
  type: 'string',
  values: ['cs_CZ', 'sk_SK', 'de_DE', 'en_US'],
};

export const APPLICATIONS: readonly ApplicationDefinition[] = [
  {
    code: 'INVIMP',
    name: 'Import přijatých faktur',
    description: 'Stáhne přijaté faktury (ISDOC, PDF) ze schránky a založí je v účetnictví.',
    executable: 'invoice-import',
    params: '--scope={IMPORT_SCOPE} --limit={IMPORT_LIMIT}',
    resultfile: 'imported-invoices.json',
    topics: 'invoice,import,isdoc',
    fields: [SERVER, SCOPE, LIMIT, DEBUG],
  },
  {
    code: 'BANKST',
    name: 'Stažení bankovních výpisů 🏦',
    description: 'Každý den stáhne výpisy a pohyby ze všech účtů firmy.',
    executable: 'bank-statement-download',
    params: '--scope={IMPORT_SCOPE} --format=abo',
    resultfile: 'statements.json',
    topics: 'bank,statement,download',
    fields: [SERVER, SCOPE, DEBUG],
  },
  {
    code: 'ZBXREP',
    name: 'Zabbix Report',
    description: 'Sends the state of all run templates to Zabbix as a low-level discovery.',
    executable: 'zabbix-report',
    params: '--server {ZABBIX_SERVER}',
    resultfile: 'zabbix.json',
    topics: 'monitoring,zabbix',
    fields: [{ name: 'ZABBIX_SERVER', type: 'string', values: ['zabbix.example.com', '192.0.2.17'] }, DEBUG],
  },
  {
    code: 'MAILER',
    name: 'Mail Sender – Rechnungsversand für Kunden',
    description: 'Verschickt ausgehende Rechnungen als PDF, mit höflicher Begrüßung.',
    executable: 'invoice-mailer',
    params: '--to {MAIL_TO} --language={REPORT_LANGUAGE}',
    resultfile: 'sent-mails.csv',
    topics: 'mail,invoice,pdf',
    fields: [SERVER, MAIL, LANGUAGE],
  },
  {
    code: 'PAYMAT',
    name: 'Párovanie platieb',
    description: 'Spáruje prijaté platby s faktúrami podľa variabilného symbolu, sumy a účtu.',
    executable: 'payment-matcher',
    params: '--scope={IMPORT_SCOPE}',
    resultfile: 'matched.json',
    topics: 'bank,payment,matching',
    fields: [SERVER, SCOPE, LIMIT],
  },
  {
    code: 'REMIND',
    name: 'Upomínky dlužníkům',
    description: 'Pošle zdvořilou, pak důraznou a nakonec poslední upomínku po splatnosti.',
    executable: 'debt-reminder',
    params: '--cc {MAIL_TO}',
    resultfile: 'reminders.csv',
    topics: 'mail,debt,reminder',
    fields: [SERVER, MAIL, LANGUAGE],
  },
  {
    code: 'OPENIT',
    name: 'Übersicht offener Posten',
    description: 'Liste der offenen Posten je Kunde und Fälligkeit, für die Geschäftsführung.',
    executable: 'open-items-report',
    params: '--language={REPORT_LANGUAGE} --output=-',
    resultfile: 'open-items.csv',
    topics: 'report,receivables',
    fields: [SERVER, LANGUAGE],
  },
  {
    code: 'STOCKS',
    name: 'Stock Level Sync',
    description: 'Keeps the stock levels of the shop and of the ledger the same.',
    executable: 'stock-sync',
    params: '--limit={IMPORT_LIMIT}',
    resultfile: 'stock.json',
    topics: 'stock,shop,sync',
    fields: [SERVER, LIMIT, DEBUG],
  },
  {
    code: 'RATESX',
    name: 'Kurzy ČNB',
    description: 'Načte denní kurzovní lístek České národní banky do účetnictví.',
    executable: 'exchange-rates',
    params: '--bank=cnb',
    resultfile: 'rates.json',
    topics: 'currency,exchange',
    fields: [SERVER, DEBUG],
  },
  {
    code: 'CASHFL',
    name: 'Cashflow Report 📈',
    description: 'Income and expenses by month, with a forecast of the next quarter.',
    executable: 'cashflow-report',
    params: '--language={REPORT_LANGUAGE}',
    resultfile: 'cashflow.json',
    topics: 'report,cashflow',
    fields: [SERVER, LANGUAGE, MAIL],
  },
  {
    code: 'VATCHK',
    name: 'Kontrola DPH a IČO odběratelů',
    description: 'Ověří spolehlivost plátců DPH a platnost IČO podle veřejných registrů.',
    executable: 'vat-check',
    params: '--limit={IMPORT_LIMIT} --strict',
    resultfile: 'unreliable.csv',
    topics: 'vat,registry,check',
    fields: [SERVER, LIMIT],
  },
  {
    code: 'BACKUP',
    name: 'Záloha účetních dat',
    description: 'Uloží zálohu účetnictví na vzdálené úložiště a ověří její čitelnost.',
    executable: 'ledger-backup',
    params: '--target={BACKUP_TARGET}',
    resultfile: 'backup.json',
    topics: 'backup',
    fields: [
      SERVER,
      { name: 'BACKUP_TARGET', type: 'url', values: ['sftp://backup.example.com/ucto', 's3://buchhaltung'] },
    ],
  },
];
