import { createPurgeTable } from '@tearline/cache';
import { createEventTables } from '@tearline/events';
import { CreateArticles1764000000000 } from './1764000000000-create-articles.js';
import { TagsByAuthor1768000000000 } from './1768000000000-tags-by-author.js';

export const migrations = [
  CreateArticles1764000000000,
  createEventTables('articles'),
  TagsByAuthor1768000000000,
  createPurgeTable('articles'),
];
