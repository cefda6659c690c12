// Words of single pages, gathered: one table a page.

import { jobs } from './jobs.js';

export const pages = { ...jobs };
