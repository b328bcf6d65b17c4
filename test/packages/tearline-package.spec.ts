import { execFile, execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const { seam, tearline } = inject('tarballs');
const parent = mkdtempSync(join(tmpdir(), 'tearline-package-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

describe('the package tearline', () => {
  const folder = join(parent, 'package');
  beforeAll(() => execFileSync('tar', ['-xzf', tearline, '-C', parent]));

  it('has no problem that publint knows', async () => {
    const { messages } = await publint({ pkgDir: folder, pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  it('contains its build and nothing for tests', () => {
    const names = (pattern: string) => globSync(pattern, { cwd: folder });
    expect(names('*').toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'package.json',
      'schematics',
    ]);
    expect(names('**/*').filter((file) => /\.spec\.|fixture|vitest|golden/.test(file))).toEqual([]);
  });

  it('declares the packages that it imports', () => {
    const read = (file: string) => readFileSync(join(folder, file), 'utf8');
    const code = globSync('dist/**/*.js', { cwd: folder }).map(read).join('\n');
    const imported = [...code.matchAll(/^(?:import|export) [^;]*?from '([^'.][^']*)';$/gm)].map(
      ([, name]) => name!,
    );
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object };
    expect(new Set(imported.filter((name) => !name.startsWith('node:')))).toEqual(
      new Set(Object.keys(dependencies)),
    );
  });
});

const APPLICATION = {
  'package.json': '{ "name": "shop", "private": true }\n',
  'tsconfig.json': '{ "compilerOptions": { "module": "nodenext", "experimentalDecorators": true } }\n',
  'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(3000);
}
bootstrap();
`,
  'src/app.module.ts': `import { Module } from '@nestjs/common';
import { UsersModule } from './users/users.module';

@Module({ imports: [UsersModule] })
export class AppModule {}
`,
  'src/users/users.module.ts': `import { Module } from '@nestjs/common';

@Module({})
export class UsersModule {}
`,
};

describe.runIf(inject('hasRegistry'))('an application with both packages', { timeout: 600_000 }, () => {
  const shop = join(parent, 'shop');
  const run = async (program: string, ...args: string[]) => {
    const { stdout } = await promisify(execFile)(program, args, { cwd: shop });
    return stdout;
  };
  const npx = (...args: string[]) =>
    run(process.execPath, join('node_modules/.bin', args[0]!), ...args.slice(1));
  beforeAll(async () => {
    for (const [file, text] of Object.entries(APPLICATION)) {
      mkdirSync(join(shop, file, '..'), { recursive: true });
      writeFileSync(join(shop, file), text);
    }
    const options = ['--prefer-offline', '--omit=peer', '--ignore-scripts', '--no-audit', '--no-fund'];
    await run('npm', 'install', ...options, tearline, seam);
  }, 600_000);

  it('runs the commands', async () => {
    const help = await npx('tearline', '--help');
    for (const command of ['analyze', 'init', 'extract', 'inline']) expect(help).toContain(`  ${command} `);
    expect(await npx('tearline', 'analyze')).toContain('2 modules');
  });

  it('runs what nest add runs', async () => {
    const schematics = createRequire(import.meta.url).resolve(
      '@angular-devkit/schematics-cli/bin/schematics.js',
    );
    await run(process.execPath, schematics, '@tearline/seam:nest-add', '--source-root=src');
    const read = (file: string) => readFileSync(join(shop, file), 'utf8');
    expect(read('src/app.module.ts')).toContain('seamModules({ users: UsersModule })');
    expect(read('src/main.ts')).toContain('await seamServer(app);');
    expect(read('.env.example')).toContain('SEAM_SECRET=');
  });
});
