/** The front door of the console's pages. */
import type { Page } from './contract.ts';
import { health } from './pages/health.ts';

export { ASSETS } from './assets.ts';
export type { Asset, Failure, LoginContext, Page, PageContext, Panel, Scope } from './contract.ts';
export { loginPage } from './login-page.ts';

/** By the path of each. */
export const PAGES: ReadonlyMap<string, Page> = new Map([['/', health]]);
