import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as imagebuilder from 'aws-cdk-lib/aws-imagebuilder';
import type { Construct } from 'constructs';
import type { BuilderOptions } from '../../builder-options';
import type { BuilderNetwork } from './builder-network';
import { BUILDER_TAG } from './image-tags';

interface InfrastructureParts {
  readonly name: string;
  readonly architecture: ec2.InstanceArchitecture;
  readonly builder: BuilderOptions;
  readonly network: BuilderNetwork;
  readonly role: iam.IRole;
  readonly topicArn?: string;
}

/** Of two generations, as the newer one is not in every zone. */
const INSTANCE_TYPES = {
  [ec2.InstanceArchitecture.ARM_64]: ['m7g.large', 'm6g.large'],
  [ec2.InstanceArchitecture.X86_64]: ['m7i.large', 'm6i.large'],
};

export function makeInfrastructure(
  scope: Construct,
  { name, architecture, builder, network, role, topicArn }: InfrastructureParts,
): imagebuilder.CfnInfrastructureConfiguration {
  const profile = new iam.InstanceProfile(scope, 'Profile', { role });
  const { bucket, prefix } = builder.logs ?? {};
  return new imagebuilder.CfnInfrastructureConfiguration(scope, 'Infrastructure', {
    name,
    instanceProfileName: profile.instanceProfileName,
    instanceTypes: builder.instanceTypes?.map((type) => type.toString()) ?? INSTANCE_TYPES[architecture],
    instanceMetadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
    subnetId: network.subnetId,
    securityGroupIds: network.securityGroupIds,
    terminateInstanceOnFailure: builder.terminateInstanceOnFailure ?? true,
    resourceTags: { ...builder.tags, [BUILDER_TAG]: name },
    logging: bucket && { s3Logs: { s3BucketName: bucket.bucketName, s3KeyPrefix: prefix ?? name } },
    snsTopicArn: topicArn,
  });
}
