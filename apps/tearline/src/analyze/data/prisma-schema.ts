import { readFileSync } from 'node:fs';
import type { Entity } from './entity.js';

const delegateOf = (model: string) => model[0]!.toLowerCase() + model.slice(1);

/** The models of Prisma schemas. */
export interface PrismaModels {
  readonly entities: readonly Entity[];
  /** By the client's property: `teamMember` for `TeamMember`. */
  readonly byDelegate: ReadonlyMap<string, Entity>;
  readonly byName: ReadonlyMap<string, Entity>;
}

/** Reads models, their tables and relations. */
export function readPrismaSchemas(files: readonly string[]): PrismaModels {
  const blocks = files.flatMap((file) => blocksIn(file));
  const byName = new Map<string, Entity>();
  for (const { name, lines } of blocks) {
    const mapped = lines.map(({ text }) => /^@@map\("([^"]+)"\)/.exec(text)?.[1]).find(Boolean);
    byName.set(name, {
      name,
      orm: 'prisma',
      declaration: undefined,
      tables: [(mapped ?? name).toLowerCase()],
      relations: [],
    });
  }
  for (const { name, file, lines } of blocks)
    for (const { text, line } of lines) {
      const [, field, type] = /^(\w+)\s+(\w+)(\[\])?\??/.exec(text) ?? [];
      const target = type === undefined ? undefined : byName.get(type);
      if (field === undefined || target === undefined) continue;
      const isInverse = !/@relation\(.*fields:/.test(text) && !isFirstOfMany(blocks, name, type!, text);
      byName.get(name)!.relations.push({ name: field, target, at: { file, line }, isInverse });
    }
  return {
    entities: [...byName.values()],
    byDelegate: new Map([...byName].map(([name, entity]) => [delegateOf(name), entity])),
    byName,
  };
}

interface Block {
  readonly name: string;
  readonly file: string;
  readonly lines: readonly { readonly text: string; readonly line: number }[];
}

function blocksIn(file: string): Block[] {
  const blocks: Block[] = [];
  let open: { text: string; line: number }[] | undefined;
  for (const [index, raw] of readFileSync(file, 'utf8').split('\n').entries()) {
    const text = raw.replace(/\/\/.*$/, '').trim();
    const name = /^model\s+(\w+)\s*\{/.exec(text)?.[1];
    if (name !== undefined) blocks.push({ name, file, lines: (open = []) });
    else if (text === '}') open = undefined;
    else if (text !== '') open?.push({ text, line: index + 1 });
  }
  return blocks;
}

/** An implicit many-to-many relation has a list on both sides: the first model in the alphabet has the relation. */
function isFirstOfMany(blocks: readonly Block[], name: string, type: string, text: string): boolean {
  const other = blocks.find((each) => each.name === type);
  const isList = (field: string) => /^\w+\s+\w+\[\]/.test(field);
  const back = other?.lines.filter((line) => new RegExp(`^\\w+\\s+${name}\\b`).test(line.text)) ?? [];
  return isList(text) && back.length > 0 && back.every((line) => isList(line.text)) && name < type;
}
