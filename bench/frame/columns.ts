import type { Column } from './table.js';

/** Milliseconds in the unit that reads best. */
export function formatTime(ms: number): string {
  if (ms >= 1000) return `${round(ms / 1000)} s`;
  return ms >= 1 ? `${round(ms)} ms` : `${round(ms * 1000)} µs`;
}

/** A whole number with a comma at each thousand. */
export function formatCount(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : round(value);
}

/** Bytes as megabytes. */
export function formatBytes(bytes: number): string {
  return `${round(bytes / 1024 / 1024)} MB`;
}

/** Three digits. */
export function round(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

export const median: Column = { key: 'median', title: 'median', format: formatTime };
export const p99: Column = { key: 'p99', title: 'p99', format: formatTime };
export const perSecond: Column = { key: 'perSecond', title: 'calls/s', format: formatCount };
