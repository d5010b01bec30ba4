/** Part of `npm test`, as it takes but a few minutes; PostgreSQL, accidents and the rest are in more/. */
import { describeLife } from './life-suite.ts';
import { provide } from './provided.ts';

describeLife(await provide('bookworm'), ['sqlite', 'mysql']);
