// Runs many calls on one connection and prints what stays in memory: node heap.process.ts <url> <calls> <texts>
import { createConnection } from 'nestjs-turso';
import { createKeys, selectTask } from './tasks.js';

const [url = '', ...numbers] = process.argv.slice(2);
const [calls = 0, texts = 0] = numbers.map(Number);

const connection = createConnection({ url });
const nextKey = createKeys();
const select = (call: number): string => (texts === 1 ? selectTask : `${selectTask} -- ${call % texts}`);
const callOften = async (from: number, to: number): Promise<void> => {
  for (let call = from; call < to; call++) await connection.execute(select(call), [nextKey()]);
};
const usedHeap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

// what is kept on purpose is there by then
const first = Math.ceil(calls / 10);
await callOften(0, first);
const before = usedHeap();
await callOften(first, calls);
console.log(JSON.stringify({ before, after: usedHeap() }));
await connection.close();
process.exit();
