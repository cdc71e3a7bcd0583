import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';
import type { RunnerPerimeter } from '../runner-perimeter';
import type { RunnerChecks } from './runner-checks';
import type { RunnerConfig } from './runner-config';
import type { RunnerTrust } from './runner-roles';

/** How a kind of machine proves who it is, and what it needs beside its roles. */
export interface RunnerIdentity {
  /** What its roles are called after. */
  readonly name: string;
  /** From where credentials can be used, unless it is said. */
  readonly perimeter?: RunnerPerimeter;
  check(checks: RunnerChecks, scope: Construct, problems: Problems): void;
  trust(scope: Construct): RunnerTrust;
  finish?(scope: Construct, config: RunnerConfig): void;
}
