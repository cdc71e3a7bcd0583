import { createHash } from 'node:crypto';

/** A few of many, the same for the same seed. */
export function sample<T extends { readonly id: string }>(items: readonly T[], count: number, seed: string): T[] {
  const rank = ({ id }: T) => createHash('sha256').update(`${seed} ${id}`).digest('hex');
  return [...items].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, count);
}
