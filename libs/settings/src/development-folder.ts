import { fileURLToPath } from 'node:url';
import { pathSetting } from './setting-types.js';

/** The setting of the folder for what development keeps: the same folder whatever the working directory is. */
export const developmentFolderSetting = pathSetting()
  .default(fileURLToPath(new URL('../../../.tearline', import.meta.url)))
  .meta({
    description: 'folder of the database, keys and files of development',
    defaultText: '`.tearline` in the repository',
    assigned: true,
  });
