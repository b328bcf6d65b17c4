import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Files by path, relative to the folder of the application. */
export type SampleFiles = Record<string, string>;

/** Writes an application into a folder of its own, which the test removes. */
export function sampleApplication(files: SampleFiles): string {
  const folder = mkdtempSync(join(tmpdir(), 'tearline-sample-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries({ 'package.json': '{}', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const capitalized = (name: string) => name[0]!.toUpperCase() + name.slice(1);

/** A module with a service, in a folder of its own: `users` has `UsersModule` and `UsersService`. */
export function sampleModule(
  name: string,
  {
    imports = '',
    members = '',
    before = '',
    module = '',
  }: Partial<Record<'imports' | 'members' | 'before' | 'module', string>> = {},
): SampleFiles {
  const prefix = capitalized(name);
  return {
    [`src/${name}/${name}.module.ts`]: `import { Module } from '@nestjs/common';
import { ${prefix}Service } from './${name}.service';
${imports}
@Module({ ${module} providers: [${prefix}Service], exports: [${prefix}Service] })
export class ${prefix}Module {}
`,
    [`src/${name}/${name}.service.ts`]: `import { Injectable } from '@nestjs/common';
${before}
@Injectable()
export class ${prefix}Service {
  ${members}
}
`,
  };
}

/** The root module, with these modules. */
export const sampleRoot = (...names: string[]): SampleFiles => ({
  'src/app.module.ts': `import { Module } from '@nestjs/common';
${names.map((name) => `import { ${capitalized(name)}Module } from './${name}/${name}.module';`).join('\n')}
@Module({ imports: [${names.map((name) => `${capitalized(name)}Module`).join(', ')}] })
export class AppModule {}
`,
  'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
void NestFactory.create(AppModule).then((app) => app.listen(3000));
`,
});
