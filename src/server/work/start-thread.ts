/** Where a thread of the server starts. */
import { serveOrders } from './thread.ts';

serveOrders();
