/** As {@link ../life.test.ts}. */
import { describeLife } from '../life-suite.ts';
import { provide } from '../provided.ts';

describeLife(await provide('bookworm'), ['postgresql']);
