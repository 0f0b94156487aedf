// @ts-check
import { createClient } from '@libsql/client/sqlite3';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

/** While the primary puts its log together it does not find parts of it: up to nine of ten tries fail for a moment (measured). */
const missingSnapshot = /snapshot not found/i;
const maxTries = 100;
const pauseMs = 20;

/** @type {import('@libsql/client').Client | undefined} */
let client;
/** @type {string | undefined} */
let tokenOfClient;

parentPort?.on('message', async (/** @type {string | undefined} */ authToken) => {
  try {
    const answer = await syncWithPatience(authToken);
    parentPort?.postMessage({ type: 'synced', frame: answer?.frame_no, frames: answer?.frames_synced ?? 0 });
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    parentPort?.postMessage({ type: 'failed', message });
  }
});

/** @param {string | undefined} authToken */
async function syncWithPatience(authToken) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await open(authToken).sync();
    } catch (error) {
      if (attempt === maxTries || !missingSnapshot.test(/** @type {Error} */ (error).message)) throw error;
      await sleep(pauseMs);
    }
  }
}

/**
 * A client keeps the token that it was made with.
 * @param {string | undefined} authToken
 */
function open(authToken) {
  if (client !== undefined && tokenOfClient === authToken) return client;
  client?.close();
  client = undefined;
  const { path, syncUrl, remoteEncryptionKey } = workerData;
  client = createClient({ url: pathToFileURL(path).href, syncUrl, authToken, remoteEncryptionKey });
  tokenOfClient = authToken;
  return client;
}
