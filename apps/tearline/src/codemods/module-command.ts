import { Command } from 'commander';

/** Returns a command that changes the code around one module of an application: `tearline NAME MODULE [DIR]`. */
export const moduleCommand = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument('<module>', 'name of the module: users for UsersModule')
    .argument('[dir]', 'folder of the application', '.')
    .option('--dry-run', 'prints the diff and writes nothing')
    .option('--yes', 'writes without asking')
    .option('--force', 'writes also into files that are not committed, and in spite of obstacles');
