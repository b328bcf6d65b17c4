import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Before the first file of the program: files that are loaded together are compiled together.
enableCompileCache(fileURLToPath(new URL('../../../.compile-cache', import.meta.url)));
await import('./service.js');
