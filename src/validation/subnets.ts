import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { Problems } from './problems';

/** The chosen subnets. A choice that the VPC does not have becomes a problem like any other, where the CDK would throw at once. */
export function selectSubnets(
  scope: IConstruct,
  property: string,
  vpc: ec2.IVpc,
  selection: ec2.SubnetSelection,
  problems: Problems,
): ec2.SelectedSubnets | undefined {
  try {
    return vpc.selectSubnets(selection);
  } catch (error) {
    problems.add(
      scope,
      property,
      `got subnets that the VPC does not have; give some that it has. The CDK says: ${(error as Error).message}`,
    );
    return undefined;
  }
}
