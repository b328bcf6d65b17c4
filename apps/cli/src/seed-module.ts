import type { IdRange, ModuleData, SeedContext } from '@tearline/database';
import { withClient } from './database.js';
import { randomStream } from './random.js';

/** The parameters of a module's sample data, and the listener for its progress. */
type SeedOptions = Omit<SeedContext, 'random' | 'query'>;

/**
 * Fills a module with sample data, as its own role and in one transaction: all of it or nothing.
 * @returns the ids that the modules after it may refer to
 */
export async function seedModule(
  { schema, seed }: ModuleData,
  url: string,
  options: SeedOptions,
): Promise<IdRange | undefined> {
  if (!seed) return undefined;
  const fill = await seed();
  return withClient(
    url,
    async (client) => {
      await client.query('begin');
      const range = await fill({
        ...options,
        random: (name) => randomStream(`${options.plan.seed}/${schema}/${name}`),
        query: async <Row>(sql: string, values: readonly unknown[] = []) =>
          (await client.query(sql, [...values])).rows as Row[],
      });
      await client.query('commit');
      return range;
    },
    { schema },
  );
}
