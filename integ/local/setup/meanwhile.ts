import { note } from '../progress';

/** A step that runs beside others: its last line names it again, since theirs come in between. */
export async function meanwhile<T>(title: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  note(`▸ ${title} (meanwhile)`);
  try {
    const result = await work();
    note(`${title}: done in ${seconds()}`);
    return result;
  } catch (problem) {
    note(`${title}: failed after ${seconds()}`);
    throw problem;
  }
}
