import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import type { Problems } from '../../validation/problems';

/** The names of the states of a bucket, and whether all workspaces of one are meant anywhere. */
const NAMED = new WeakMap<s3.IBucket, Map<string, boolean>>();

/** `*` in a policy matches slashes too, so that `env:/<any>/prod/...` is also the state `network/prod` in a workspace. */
export function checkWorkspacesApart(scope: IConstruct, bucket: s3.IBucket, name: string, all: boolean, problems: Problems): void {
  const named = NAMED.get(bucket) ?? new Map<string, boolean>();
  NAMED.set(bucket, named.set(name, all || (named.get(name) ?? false)));
  for (const [shorter, allOfShorter] of named)
    for (const longer of named.keys())
      if (allOfShorter && longer.endsWith(`/${shorter}`) && [shorter, longer].includes(name))
        problems.add(scope, 'state', `all workspaces of '${shorter}' are also some of '${longer}': name the workspaces of '${shorter}'`);
}
