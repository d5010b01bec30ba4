/** Where a thread starts that sums. */
import { serveSums } from './serve-sums.ts';

serveSums();
