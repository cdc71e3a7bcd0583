import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Problems } from '../../validation/problems';

/** What S3 takes for a key, in bytes; all characters that are let through here have one. */
const MAX_KEY = 1024;
/** The longest name of a workspace that is given, and what is left for those that are not. */
const MAX_WORKSPACE = 90;
/** Letters that mean nothing in a policy, a path or HCL. No segment starts with a dot, so none is `.` or `..`. */
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

export const DEFAULT_WORKSPACE = 'default';

/** The state's object in the default workspace. */
export const keyOf = (name: string): string => `${name}/terraform.tfstate`;

/** The state's object in a workspace; `*` for all but the default one. */
export const keyInWorkspace = (key: string, workspace: string): string =>
  workspace === DEFAULT_WORKSPACE ? key : `env:/${workspace}/${key}`;

export function checkStateName(scope: IConstruct, name: string, workspaces: readonly string[] | undefined, problems: Problems): void {
  if (Token.isUnresolved(name)) {
    problems.add(scope, 'state', 'the name of a state must be known when the app is synthesized, since policies name its key');
    return;
  }
  if (!name.split('/').every((segment) => SEGMENT.test(segment)))
    problems.add(
      scope,
      'state',
      `a name must be of letters, digits, '.', '_' and '-', in segments parted by '/' that start with none of '.' and '-', got '${name}'`,
    );
  for (const workspace of workspaces ?? []) checkWorkspace(scope, workspace, problems);
  if (workspaces?.length === 0)
    problems.add(scope, 'state', `with no workspaces nobody can use the state: leave them out for all, or name some`);
  const longest = Math.max(
    ...(workspaces ?? ['x'.repeat(MAX_WORKSPACE)]).map((workspace) => lockFileOf(keyInWorkspace(keyOf(name), workspace)).length),
  );
  if (longest > MAX_KEY)
    problems.add(scope, 'state', `the key of its lock file in a workspace must have no more than ${MAX_KEY} characters, got ${longest}`);
}

export const lockFileOf = (key: string): string => `${key}.tflock`;

function checkWorkspace(scope: IConstruct, workspace: string, problems: Problems): void {
  if (Token.isUnresolved(workspace))
    problems.add(scope, 'state', 'the name of a workspace must be known when the app is synthesized, since policies name its keys');
  else if (!SEGMENT.test(workspace) || workspace.length > MAX_WORKSPACE)
    problems.add(
      scope,
      'state',
      `a workspace must be of 1 to ${MAX_WORKSPACE} letters, digits, '.', '_' and '-', and start with none of '.' and '-', got '${workspace}'`,
    );
}
