import { connectServers, databaseUrls, DataMove, type DataMoveOptions } from '@tearline/database';
import { moduleData } from '@tearline/modules';

/** Works at a move with connections of its own, as a command does. */
export async function withMove(
  module: string,
  { DATABASE_URL, TARGET_DATABASE_URL }: Readonly<Record<string, string | undefined>>,
  work: (move: DataMove) => Promise<unknown>,
  options: Partial<DataMoveOptions> = {},
): Promise<void> {
  const [source, target] = await connectServers([
    [DATABASE_URL!, 'DATABASE_URL'],
    [TARGET_DATABASE_URL!, 'TARGET_DATABASE_URL'],
  ]);
  try {
    const data = moduleData.find(({ schema }) => schema === module)!;
    const moduleUrl = databaseUrls([module], {}, DATABASE_URL)[module]!;
    await work(new DataMove({ data, moduleUrl, source, target, ...options }));
  } finally {
    for (const { owner } of [source, target]) await owner.end().catch(() => undefined);
  }
}
