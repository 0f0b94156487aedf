export { spawnGuarded, type GuardedProcess } from '../../lib/testing/server/guarded-process.js';
