export { createLatch, failureOf, readColumn, readValue } from '../../lib/testing/contract/facts.js';
