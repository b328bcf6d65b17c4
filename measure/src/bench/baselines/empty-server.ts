/** A server of node:http alone. */
import { listen } from './listen.js';

listen((_request, response) => response.end());
