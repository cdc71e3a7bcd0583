import type { Stack } from 'aws-cdk-lib';
import { md5hash } from 'aws-cdk-lib/core/lib/helpers-internal';

/** What Image Builder takes for each of the three numbers: less than 2^30, which seven hexadecimal digits stay below. */
const DIGITS = 7;

/**
 * A version that changes with the content and only with it. Image Builder never changes what it has under a name and a version, so another
 * content needs another version, and the same content must keep its own.
 */
export function contentVersion(stack: Stack, content: unknown): string {
  const hash = md5hash(JSON.stringify(stack.resolve(content)));
  const number = (from: number) => Number.parseInt(hash.slice(from, from + DIGITS), 16);
  return `1.${number(0)}.${number(DIGITS)}`;
}
