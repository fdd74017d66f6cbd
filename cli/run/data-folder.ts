import { access, constants, mkdir } from 'node:fs/promises';

/** Makes the data folder, and says in one line why it can't be used. */
export async function dataFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
  } catch (error) {
    throw new Error(
      `The data folder ${dataDir} cannot be written (${(error as NodeJS.ErrnoException).code}); set DATA_DIR to one that can.`,
    );
  }
}
