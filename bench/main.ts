import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { requireAlike } from './alike.js';
import { Cleanup } from './cleanup.js';
import { DATA, openDatabase } from './database.js';
import { endpoints, type Endpoint, type Shot } from './endpoints.js';
import { pinDriver, processor } from './machine.js';
import { measure } from './measure.js';
import { type Options, readOptions } from './options.js';
import { memoryOf } from './processes.js';
import { figures, type Finding, verdicts } from './report.js';
import { makeKeys, takeSamples } from './samples.js';
import { startServer } from './server-process.js';
import type { Subject } from './subject.js';
import { DATABASE_CONNECTIONS, startTearline, statementsOf } from './tearline.js';

const PROFILES = resolve(import.meta.dirname, '../profiles');

const note = (line: string) => void process.stderr.write(`${line}\n`);
const print = (text: string) => void process.stdout.write(text);

async function bench(options: Options, cleanup: Cleanup): Promise<void> {
  const dir = await temporaryDir(cleanup);
  const cores = pinDriver();
  note('starting PostgreSQL and seeding it');
  const database = await openDatabase(dir, cleanup);
  const keys = await makeKeys();
  const samples = await takeSamples(database.ownerUrl, keys);
  const start = { database, keys, core: cores.server, log: join(dir, 'tearline.log') };

  const chosen = endpoints.filter(({ name }) => options.endpoints.includes(name));
  const findings: Finding[] = [];
  let about = '';
  for (const part of options.profile ? chosen.map((one) => [one]) : [chosen]) { … }
}
