import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';

const GIB = 1024;

/** The memory that Fargate offers for each CPU size: first, last and step in MiB. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
const MEMORY: { readonly [cpu: number]: readonly [number, number, number] } = {
  256: [GIB / 2, 2 * GIB, GIB / 2],
  512: [GIB, 4 * GIB, GIB],
  1024: [2 * GIB, 8 * GIB, GIB],
  2048: [4 * GIB, 16 * GIB, GIB],
  4096: [8 * GIB, 30 * GIB, GIB],
  8192: [16 * GIB, 60 * GIB, 4 * GIB],
  16384: [32 * GIB, 120 * GIB, 8 * GIB],
};

/** What one plan with the AWS provider takes, and what the server and its helpers need beside it. */
const PLAN_MIB = 600;
const SERVER_MIB = 300;

export function checkSize(scope: Construct, cpu: number, memoryLimitMiB: number, problems: Problems): void {
  if (Token.isUnresolved(cpu) || Token.isUnresolved(memoryLimitMiB)) return;
  const offered = MEMORY[cpu];
  if (!offered) {
    problems.add(scope, 'cpu', `got ${cpu}; give one of ${Object.keys(MEMORY).join(', ')}`);
    return;
  }
  const [first, last, step] = offered;
  if (memoryLimitMiB < first || memoryLimitMiB > last || memoryLimitMiB % step !== 0) {
    problems.add(scope, 'memoryLimitMiB', `got ${memoryLimitMiB}; with cpu ${cpu} Fargate offers ${first} to ${last} in steps of ${step}`);
  } else if (memoryLimitMiB < PLAN_MIB + SERVER_MIB) {
    problems.add(
      scope,
      'memoryLimitMiB',
      `got ${memoryLimitMiB}; one plan with the AWS provider takes about ${PLAN_MIB}: give 1024 or more`,
    );
  }
}

/** What holds two plans, or the least that there is with so large a processor. */
export function defaultMemory(cpu: number): number {
  return Math.max(2 * GIB, MEMORY[cpu]?.[0] ?? 0);
}

/** How many plans fit into the memory. */
export function poolSizeFor(memoryLimitMiB: number): number {
  return Math.max(1, Math.floor((memoryLimitMiB - SERVER_MIB) / PLAN_MIB));
}
