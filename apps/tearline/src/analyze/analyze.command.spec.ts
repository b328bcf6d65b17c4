import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../captured-output.fixture.js';
import { sampleApplication, sampleModule, sampleRoot } from '../project/sample-application.fixture.js';
import type { Analysis } from './analysis.js';

/** Orders injects the service of users, imports an enum of it, and joins its entity. */
const shop = () =>
  sampleApplication({
    ...sampleRoot('users', 'orders'),
    ...sampleModule('users', {
      members: 'async find(id: string): Promise<string> { return id; }\n  remove(id: string) { return id; }',
    }),
    'src/users/users.controller.ts':
      "import { Controller } from '@nestjs/common';\n@Controller() export class UsersController {}",
    'src/users/role.ts': 'export enum Role { admin = "<admin>" }',
    'src/users/user.entity.ts': "import { Entity } from 'typeorm';\n@Entity() export class User {}",
    'src/orders/order.entity.ts': `import { Entity, ManyToOne } from 'typeorm';
import { User } from '../users/user.entity';
@Entity() export class Order { @ManyToOne(() => User) user: User; }`,
    ...sampleModule('orders', {
      before: "import { UsersService } from '../users/users.service';\nimport { Role } from '../users/role';",
      members: `role = Role.admin;
  constructor(private readonly users: UsersService) {}
  async place(id: string) { await this.users.find(id); return this.users.remove(id); }`,
    }),
  });

const METRICS = `seam_calls_total{contract="users",method="find",placement="local",outcome="ok"} 30
seam_calls_total{contract="users",method="remove",placement="local",outcome="ok"} 20
http_requests_total{method="GET",route="/",status="200"} 20
`;

const analysisOf = async (...args: string[]) =>
  JSON.parse((await run('analyze', ...args, '--format', 'json')).printed) as Analysis;

describe('analyze', () => {
  it('shows modules, what stops them, and the order', async () => {
    const { code, printed } = await run('analyze', shop());
    expect(code).toBe(0);
    expect(printed).toMatch(/^3 modules, 3 findings \(1 high, 1 medium, 1 low\), \d+ lines in 10 files\n/);
    expect(printed).toMatch(/^orders +8\d +1 +1 +1  work: first: relation$/m);
    expect(printed).toContain('Extract first to last: orders, users');
    expect(printed).toContain('high   relation Order.user: User  src/orders/order.entity.ts:3\n');
    expect(printed).not.toContain('Role');
    expect(printed).toContain('1 finding of low severity: --all lists them');
  });

  it('shows the findings and the contract of one module', async () => {
    const { printed } = await run('analyze', shop(), '--module', 'users');
    expect(printed).toContain('low    shared-value Role');
    expect(printed).toContain(`// find(id: string): Promise<string>: called by orders
// remove(id: string): called by orders
import { command, contract, query } from '@tearline/seam';
import type { UsersService } from './users.service.js';

export const UsersContract = contract('users', {
  find: query<UsersService['find']>(),
  remove: command<UsersService['remove']>(),
});
`);
  });

  it('writes JSON in the documented shape', async () => {
    const analysis = await analysisOf(shop());
    expect(analysis).toMatchObject({
      version: 1,
      application: { kind: 'plain', directory: '.', files: 10 },
      order: ['orders', 'users'],
      known: 0,
      entities: expect.arrayContaining([
        { name: 'User', orm: 'typeorm', owner: 'users', reason: 'it lies in the folder of the module' },
      ]),
    });
    expect(analysis.modules.find(({ name }) => name === 'orders')).toMatchObject({
      folder: 'src/orders',
      nestModules: ['OrdersModule'],
      entities: ['Order'],
      injects: [{ module: 'users', services: ['UsersService'] }],
      verdict: 'work',
      counts: { high: 1, medium: 1, low: 1 },
    });
    expect(analysis.findings[0]).toEqual({
      id: expect.any(String),
      kind: 'relation',
      severity: 'high',
      module: 'orders',
      other: 'users',
      file: 'src/orders/order.entity.ts',
      line: 3,
      lines: [3],
      subject: 'Order.user: User',
      why: expect.any(String),
      wayOut: expect.any(String),
    });
  });

  it('writes Markdown and HTML by the ending of the file', async () => {
    const folder = shop();
    const { noted, printed } = await run('analyze', folder, '-o', join(folder, 'report.md'));
    expect([noted, printed]).toEqual([`${join(folder, 'report.md')} is written\n`, '']);
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toContain(
      '| orders | 81 | 1 | 1 | 1 |  | **work**: first: relation |',
    );
    await run('analyze', folder, '-o', join(folder, 'report.html'));
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('<svg id="graph"');
    expect(page).toContain('data-from="orders" data-to="users"');
    expect(page).not.toMatch(/\b(src|href)=["']?(https?:)?\/\//);
  });

  it('escapes what comes from the code', async () => {
    const folder = sampleApplication({
      ...sampleRoot('users', 'orders'),
      ...sampleModule('users', {
        before: "import { OnEvent } from '@nestjs/event-emitter';",
        members: "@OnEvent('<img src=x>|*') on() {}",
      }),
      ...sampleModule('orders', { members: "a() { this.events.emit('<img src=x>|*'); }" }),
    });
    expect((await run('analyze', folder, '--format', 'html')).printed).not.toContain('<img');
    expect((await run('analyze', folder, '--format', 'markdown')).printed).toContain(
      String.raw`\<img src=x\>\|\*`,
    );
  });

  it('fails on findings of a severity or worse, or of a kind', async () => {
    const folder = shop();
    for (const [failOn, code] of [
      ['high', 1],
      ['low', 1],
      ['relation', 1],
      ['circle', 0],
      ['circle,injection', 1],
    ] as const)
      expect([failOn, (await run('analyze', folder, '--fail-on', failOn)).code]).toEqual([failOn, code]);
    const { noted } = await run('analyze', folder, '--fail-on', 'relation');
    expect(noted).toMatch(
      /^1 finding fails on relation; the first: src\/orders\/order.entity.ts:3: Order.user/,
    );
  });

  it('leaves out the findings of a baseline, also when lines move, and reports new ones', async () => {
    const folder = shop();
    const baseline = join(folder, 'baseline.json');
    const written = await run(
      'analyze',
      folder,
      '--baseline',
      baseline,
      '--write-baseline',
      '--fail-on',
      'low',
    );
    expect(written).toEqual({
      code: 0,
      printed: '',
      noted: `${baseline}: 3 findings are known from now on\n`,
    });
    const entity = join(folder, 'src/orders/order.entity.ts');
    writeFileSync(entity, `\n\n${readFileSync(entity, 'utf8')}`);
    expect((await run('analyze', folder, '--baseline', baseline, '--fail-on', 'low')).code).toBe(0);
    expect(await analysisOf(folder, '--baseline', baseline)).toMatchObject({ known: 3, findings: [] });
    writeFileSync(
      join(folder, 'src/orders/extra.ts'),
      "import { Role } from '../users/role';\nexport const role = Role.admin;",
    );
    expect(await analysisOf(folder, '--baseline', baseline)).toMatchObject({
      known: 3,
      findings: [{ kind: 'shared-value', file: 'src/orders/extra.ts' }],
    });
  });

  it('adds calls for each request, from a file and from a URL', async () => {
    const folder = shop();
    const file = join(folder, 'metrics.txt');
    writeFileSync(file, METRICS);
    const server = createServer((_, response) => response.end(METRICS)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    for (const source of [file, url])
      expect((await run('analyze', folder, '--metrics', source)).printed).toMatch(
        /^users +\d+ +1 +1 +1 +2\.50 /m,
      );
  });

  it.each([
    [['--fail-on', 'sever'], "'sever' is none of high, medium, low, transaction"],
    [['--format', 'pdf'], 'Allowed choices are terminal, markdown, json, html'],
    [['--module', 'payments'], '--module payments: expected one of app, orders, users'],
    [
      ['--baseline', '/nowhere.json'],
      'Write it first: npx tearline analyze --baseline /nowhere.json --write-baseline',
    ],
    [['--write-baseline'], '--write-baseline: expected --baseline with the file to write'],
    [['--metrics', '/nowhere.txt'], '--metrics /nowhere.txt: ENOENT'],
    [
      ['--metrics', 'http://127.0.0.1:1/metrics'],
      '--metrics http://127.0.0.1:1/metrics: expected the metrics of a running application',
    ],
    [['-o', '/nowhere/report.md'], '--output /nowhere/report.md: ENOENT'],
  ])('refuses %j', async (args, message) => {
    expect(await run('analyze', shop(), ...args)).toEqual({
      code: 2,
      printed: '',
      noted: expect.stringContaining(message),
    });
  });

  it('writes no file for a wrong command', async () => {
    const file = join(shop(), 'report.md');
    await run('analyze', '/nowhere', '-o', file);
    expect(existsSync(file)).toBe(false);
  });
});
