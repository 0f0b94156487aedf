export { findFreePort } from '../../lib/testing/server/find-free-port.js';
