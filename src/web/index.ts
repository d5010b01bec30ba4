/** The front door of the console's pages. */
import type { Page } from './contract.ts';
import { archives } from './pages/archives.tsx';
import { backend } from './pages/backend.tsx';
import { growth } from './pages/growth.tsx';
import { health } from './pages/health.tsx';
import { housekeeper } from './pages/housekeeper.tsx';
import { migrations } from './pages/migrations.tsx';
import { purge } from './pages/purge.tsx';
import { retention } from './pages/retention.tsx';
import { run } from './pages/run.tsx';
import { tables } from './pages/tables.tsx';

export { ASSETS } from './assets.ts';
export type { Asset, Failure, LoginContext, Page, PageContext, Panel, Scope } from './contract.ts';
export { loginPage } from './login-page.tsx';

/** By the path of each. */
export const PAGES: ReadonlyMap<string, Page> = new Map([
  ['/', health],
  ['/growth', growth],
  ['/purge', purge],
  ['/retention', retention],
  ['/archives', archives],
  ['/housekeeper', housekeeper],
  ['/migrations', migrations],
  ['/tables', tables],
  ['/backend', backend],
  ['/run', run],
]);
