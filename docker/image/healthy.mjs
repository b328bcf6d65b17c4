// Exits with 0 when the host may be sent requests. Images have no curl, and this needs none.
import { get } from 'node:http';

const { PORT = '3000' } = process.env;
get({ port: PORT, path: '/health/ready', timeout: 3_000 }, ({ statusCode }) =>
  process.exit(statusCode === 200 ? 0 : 1),
)
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
