import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { TerraformPermissions } from '../terraform-permissions';
import type { LocksConfig } from './locks-config';
import type { Names } from './names';
import { useAllStates } from './state-access';
import type { StorageConfig } from './storage-config';

export interface TerraformRoleProps {
  readonly names: Names;
  readonly trust: iam.IPrincipal;
  readonly boundary: iam.IManagedPolicy;
  readonly permissions: TerraformPermissions;
  readonly storage: StorageConfig;
  readonly locks: LocksConfig;
}

/** The role that people assume, for an hour at most. Who they are is in the name of the session, and so in each line of the trail. */
export function makeTerraformRole(scope: Construct, props: TerraformRoleProps): iam.Role {
  const { names, trust, boundary, permissions } = props;
  const role = new iam.Role(scope, 'TerraformRole', {
    roleName: names.terraformRole,
    path: names.path,
    description: 'What Terraform does in this account, by people with MFA',
    assumedBy: trust,
    maxSessionDuration: Duration.hours(1),
    permissionsBoundary: boundary,
  });
  permissions._permit(role);
  if (!permissions._administrator) useAllStates(role, props.storage, props.locks);
  return role;
}
