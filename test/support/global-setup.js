// @ts-check
import { findSqldBinary } from './sqld-binary.js';
import { createRunFolder } from './temp-folder.js';

/** Fetches the server once, before several workers want it. Tests that need it fail alone when it is missing. */
export default async function setUp() {
  await createRunFolder();
  await findSqldBinary().catch((error) => console.warn(error));
}
