import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { RunnerPerimeter } from '../runner-perimeter';
import type { Ec2RunnerProps } from '../terraform-runner-props';
import type { RunnerConfig } from './runner-config';
import type { RunnerIdentity } from './runner-identity';
import type { RunnerTrust } from './runner-roles';

/** An instance gets the credentials of its profile from EC2, and has nothing to prove. */
export class Ec2Identity implements RunnerIdentity {
  readonly name: string;
  readonly perimeter = RunnerPerimeter.instance();

  constructor(private readonly props: Ec2RunnerProps) {
    this.name = props.name;
  }

  public check(): void {}

  public trust(): RunnerTrust {
    const instances = new iam.ServicePrincipal('ec2.amazonaws.com');
    return { plan: instances, apply: this.props.apply ? instances : undefined, oidcProviderArns: [] };
  }

  public finish(scope: Construct, { planRole, applyRole }: RunnerConfig): void {
    for (const [kind, role] of Object.entries({ plan: planRole, apply: applyRole })) {
      if (!role) continue;
      new iam.InstanceProfile(scope, `Runner ${this.name} ${kind} profile`, { role, instanceProfileName: role.roleName });
    }
  }
}
