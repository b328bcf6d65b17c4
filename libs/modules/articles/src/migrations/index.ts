import { createEventTables } from '@tearline/events';
import { CreateArticles1764000000000 } from './1764000000000-create-articles.js';

export const migrations = [CreateArticles1764000000000, createEventTables('articles')];
