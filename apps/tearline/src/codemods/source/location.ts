import { relative } from 'node:path';
import type { Node } from 'ts-morph';

/** Returns `src/orders/orders.service.ts:12`, relative to a folder. */
export const locationOf = (node: Node, root: string): string =>
  `${relative(root, node.getSourceFile().getFilePath())}:${node.getStartLineNumber()}`;
