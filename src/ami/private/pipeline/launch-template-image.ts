import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';

/** Whether CloudFormation writes the image of a launch template, as far as this app knows. */
export function writesImage(template: ec2.ILaunchTemplate): boolean {
  const resource = template.node.findAll().find((child) => child instanceof ec2.CfnLaunchTemplate);
  if (!resource) return false;
  return Stack.of(resource).resolve(resource.launchTemplateData)?.imageId !== undefined;
}
