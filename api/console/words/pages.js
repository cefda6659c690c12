// Words of single pages, gathered: one table a page.

import { changes } from './changes.js';
import { jobs } from './jobs.js';
import { map } from './map.js';
import { money } from './money.js';
import { operate } from './operate.js';
import { plan } from './plan.js';
import { provinces } from './provinces.js';
import { reasons } from './reasons.js';
import { scenarios } from './scenarios.js';
import { whatif } from './whatif.js';

export const pages = { ...changes, ...jobs, ...map, ...money, ...operate, ...plan, ...provinces, ...reasons, ...scenarios, ...whatif };
