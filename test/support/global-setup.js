// @ts-check
// Jest loads this file before it transforms anything: the sources that it needs come through a hook of Node.
import '../connection/support/register-typescript.js';
import { createRunFolder } from './temp-folder.js';

/** Fetches the server once, before several workers want it. Tests that need it fail alone when it is missing. */
export default async function setUp() {
  await createRunFolder();
  const { findSqldBinary } = await import('./sqld-binary.js');
  await findSqldBinary().catch((error) => console.warn(error));
}
