import { readFile, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Controller, Get, Inject, NotFoundException, Param, Redirect, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { htmlPage } from './html.js';

/** Injects the folder whose Markdown files are shown. */
export const GUIDE = Symbol('folder of the guide');

/** Shows the Markdown files of the repository, and their pictures, so that the guide needs no other program than the application. */
@ApiExcludeController()
@Controller('guide')
export class GuideController {
  constructor(@Inject(GUIDE) private readonly folder: string) {}

  @Get()
  @Redirect('/guide/docs/guide/README.md')
  index(): void {}

  @Get('*')
  async page(@Param('*') path: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const text = await this.#read(path);
    const isPicture = path.endsWith('.svg');
    void reply.type(isPicture ? 'image/svg+xml' : 'text/html; charset=utf-8');
    if (isPicture) return text;
    const { markdownToHtml } = await import('./markdown.js');
    const title = /^# (.+)$/m.exec(text)?.[1] ?? path;
    return htmlPage(
      title,
      `<p><a href="/">Tearline</a> · <a href="/guide">guide</a></p>\n${markdownToHtml(text)}`,
    );
  }

  /** Reads a file in the folder; links that lead out of it are not followed. */
  async #read(path: string): Promise<string> {
    const missing = new NotFoundException();
    if (!/^[\w-]+(\/[\w-]+)*\.(md|svg)$/.test(path) || path.includes('node_modules')) throw missing;
    const folder = await realpath(this.folder);
    const file = await realpath(join(folder, path)).catch(() => '');
    if (!file.startsWith(folder + sep)) throw missing;
    return readFile(file, 'utf8');
  }
}
