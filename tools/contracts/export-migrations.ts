/** The SQL of a module's migrations, with their names in its table of migrations, for a runtime that is not TypeScript. */
import { moduleMigrations, type ModuleData } from '@tearline/database';

/** Returns the text of each migration by the name of its file: `<timestamp>-<name>.sql`. */
export async function exportMigrations(data: ModuleData): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const Migration of await moduleMigrations(data)) {
    const statements: string[] = [];
    const runner = { query: async (sql: string) => void statements.push(sql) };
    await new Migration().up(runner as never);
    const timestamp = /\d{13}$/.exec(Migration.name)?.[0];
    if (timestamp === undefined) throw new Error(`${Migration.name}: expected a name that ends in a timestamp`);
    files.set(`${timestamp}-${Migration.name}.sql`, `${statements.map(withoutIndent).join('\n')}\n`);
  }
  return files;
}

function withoutIndent(sql: string): string {
  const lines = sql.split('\n').filter((line, index, all) => line.trim() !== '' || (index > 0 && index < all.length - 1));
  const indent = Math.min(...lines.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  const text = lines.map((line) => line.slice(indent).trimEnd()).join('\n');
  return /;\s*$/.test(text) ? text : `${text};`;
}
