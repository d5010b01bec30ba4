/** What is alive in the pages: forms that change something, the run that is going on, and whether the console still answers. */
import { sendForms } from './forms.ts';
import { followRun } from './live-run.ts';
import { watchConsole } from './offline.ts';
import { refreshMain } from './refresh.ts';

sendForms();
followRun();
watchConsole();
refreshMain();
