import { open, rename, rm } from 'node:fs/promises';

/** Writes a file beside its place and renames it: nobody ever sees half of it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await rename(`${path}.new`, path);
  } catch (error) {
    await file.close();
    await rm(`${path}.new`, { force: true });
    throw error;
  }
}
