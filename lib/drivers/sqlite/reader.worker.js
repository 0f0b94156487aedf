// @ts-check
import BetterSqlite3 from 'better-sqlite3';
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { addValue, outOfRange } from './thread-values.worker.js';
import { createWrites } from './write-jobs.worker.js';

/**
 * Runs statements on a handle of its own, in a thread of its own. What it is told and answers stands in thread-protocol.ts.
 *
 * @typedef {import('./thread-protocol.js').ThreadSettings} ThreadSettings
 * @typedef {import('./thread-protocol.js').ThreadJob} ThreadJob
 * @typedef {import('./thread-protocol.js').ToThread} ToThread
 * @typedef {import('./thread-protocol.js').ThreadReply} ThreadReply
 * @typedef {import('./thread-values.worker.js').Chunk} Chunk
 * @typedef {import('better-sqlite3').Statement<unknown[], unknown>} Prepared
 */

/** A message holds about so many values, and so many bytes of text and blobs: reading it must not take the receiver long. */
const chunkValues = 4_096;
const chunkBytes = 262_144;
/** SQLite's own waiting blocks nobody here, and is over long before anybody looks. */
const busyTimeoutMs = 50;

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const settings = /** @type {ThreadSettings} */ (workerData);
const marks = new Int32Array(settings.marks);

/** @param {number} id */
const isSkipped = (id) => id <= Atomics.load(marks, 0) && id !== Atomics.load(marks, 2);
/** @param {number} id */
const isDropped = (id) => id === Atomics.load(marks, 1);

/** One job at work: its rows as chunks. */
class Cursor {
  /** @param {ThreadJob} job */
  constructor(job) {
    this.job = job;
    this.tookMs = 0;
    /** @type {[bigint, bigint] | undefined} */
    this.counts = undefined;
    this.prepared = prepare(job.sql);
    this.rows = this.prepared.reader ? this.prepared.iterate(...job.args) : runToEnd(this.prepared, job.args);
    /** @type {Chunk[]} */
    this.chunks = [];
    this.ended = false;
    /** What failed behind rows that were read before it. @type {unknown} */
    this.failure = undefined;
  }

  /** Reads everything now, so that the snapshot is not held while the answer travels. */
  readAll() {
    try {
      while (!this.ended) this.chunks.push(this.readChunk());
    } catch (error) {
      // what it writes is kept, so it runs to its end
      while (error === outOfRange && this.job.kind === 'write' && !this.rows.next().done);
      throw error;
    }
  }

  /** @returns {Chunk} */
  readChunk() {
    /** @type {Chunk} */
    const chunk = { values: [], blobs: [] };
    if (this.failure !== undefined) throw this.failure;
    try {
      this.fill(chunk);
    } catch (error) {
      // only whole rows
      const width = describeColumns(this.prepared).length;
      chunk.values.length -= width === 0 ? 0 : chunk.values.length % width;
      if (chunk.values.length === 0) throw error;
      this.failure = error;
    }
    return chunk;
  }

  /** @param {Chunk} chunk */
  fill(chunk) {
    let bytes = 0;
    while (chunk.values.length < chunkValues && bytes < chunkBytes) {
      const next = this.rows.next();
      if (next.done || isDropped(this.job.id)) {
        this.close();
        break;
      }
      for (const value of /** @type {unknown[]} */ (next.value))
        bytes += addValue(chunk, value, settings.intMode);
    }
  }

  close() {
    this.ended = true;
    this.rows.return?.();
  }
}

/** @type {ReturnType<typeof createWrites> | undefined} */
let writes;
/** Jobs whose rows are not all sent. @type {Map<number, Cursor>} */
const cursors = new Map();
/** @type {ThreadReply[]} */
let replies = [];
/** @type {ArrayBuffer[]} */
let transfers = [];

/** @type {import('better-sqlite3').Database} */
let db;
/** Reading the schema table brings the handle up to date. @type {import('better-sqlite3').Statement} */
let schemaRead;

// on Linux this is the priority of the thread alone: when there are fewer processors than threads, the event loop comes first
if (process.platform === 'linux' && settings.readonly) setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

try {
  db = open();
  schemaRead = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1');
  port.on('message', receive);
  reply({ type: 'opened' });
} catch (error) {
  // nobody listens, so the thread ends
  reply({ type: 'unopened', ...describe(error) });
}
flush();

function open() {
  const { path, readonly, pragmas } = settings;
  const opened = new BetterSqlite3(path, { readonly, fileMustExist: true, timeout: busyTimeoutMs });
  for (const pragma of pragmas) opened.pragma(pragma);
  return opened;
}

/** @param {ToThread} message */
function receive(message) {
  if (message.type === 'run') for (const job of message.jobs) run(job);
  else if (message.type === 'more') goOn(message.id);
  else if (message.type === 'drop') drop(message.id);
  else if (message.type === 'end') end();
  flush();
}

/** @param {ThreadJob} job */
function run(job) {
  if (isSkipped(job.id)) return;
  // the answers so far must not wait for this one: nobody knows how long it takes
  flush();
  const began = performance.now();
  const start = () => {
    const cursor = new Cursor(job);
    cursors.set(job.id, cursor);
    if (job.kind !== 'stream') cursor.readAll();
    cursor.tookMs = performance.now() - began;
    return cursor;
  };
  attempt(job.id, () => send(job.kind === 'write' ? write(job.id, start) : start()));
}

/** @param {number} id @param {() => Cursor} start @returns {Cursor} */
function write(id, start) {
  writes ??= createWrites(db, marks);
  return writes.run(id, start, () => forget(id));
}

/** @param {number} id */
function goOn(id) {
  const cursor = cursors.get(id);
  if (cursor !== undefined) attempt(id, () => send(cursor));
}

/** @param {number} id */
function drop(id) {
  forget(id);
  reply({ type: 'dropped', id });
}

/** @param {number} id */
function forget(id) {
  cursors.get(id)?.close();
  cursors.delete(id);
}

function end() {
  for (const id of [...cursors.keys()]) forget(id);
  db.close();
  port.close();
}

/** @param {number} id @param {() => void} work */
function attempt(id, work) {
  try {
    work();
  } catch (error) {
    forget(id);
    reply(error === outOfRange ? { type: 'out-of-range', id } : { type: 'failed', id, ...describe(error) });
  }
}

/** @param {Cursor} cursor */
function send(cursor) {
  const { job, prepared, tookMs, counts } = cursor;
  const { values, blobs } = cursor.chunks.shift() ?? cursor.readChunk();
  const done = cursor.ended && cursor.chunks.length === 0;
  if (done) cursors.delete(job.id);
  // asked after the run: SQLite prepares anew by itself when the schema has changed
  const described = describeColumns(prepared);
  const columns = described.map(({ name }) => name);
  const columnTypes = described.map(({ type }) => type ?? '');
  transfers.push(...blobs);
  reply({ type: 'rows', id: job.id, columns, columnTypes, values, done, tookMs, counts });
}

/** @param {string} sql @returns {Prepared} */
function prepare(sql) {
  // a pragma runs while it is prepared, by the schema that the handle knows
  schemaRead.get();
  const prepared = /** @type {Prepared} */ (db.prepare(sql));
  return prepared.reader ? prepared.safeIntegers(true).raw(true) : prepared;
}

/** @param {Prepared} prepared @param {readonly unknown[]} args @returns {IterableIterator<unknown>} */
function runToEnd(prepared, args) {
  prepared.run(...args);
  return [].values();
}

/** @param {Prepared} prepared */
function describeColumns(prepared) {
  return prepared.reader ? prepared.columns() : [];
}

/** @param {unknown} error */
function describe(error) {
  const { code, message } = /** @type {{ code?: unknown, message?: unknown }} */ (error);
  return { code: typeof code === 'string' ? code : undefined, message: String(message) };
}

/** @param {ThreadReply} answer */
function reply(answer) {
  replies.push(answer);
}

function flush() {
  if (replies.length === 0) return;
  port.postMessage(replies, transfers);
  replies = [];
  transfers = [];
}
