import type { Finding } from './finding';

interface Accepted {
  readonly tool: Finding['tool'];
  /** Its name; where a name of this run stands in it, what it has to match. */
  readonly rule: string | RegExp;
  /** Part of the logical ids that the rule is accepted for. */
  readonly resource: RegExp;
  readonly reason: string;
}

/** Findings that stay, each with its reason. One that no template has any more fails the run. */
export const ACCEPTED: readonly Accepted[] = [
  {
    tool: 'checkov',
    rule: 'CKV_AWS_260',
    resource: /LoadBalancerSecurityGroup/,
    reason: 'Port 80 is open to redirect to HTTPS; no request gets further there.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-EC23',
    resource: /LoadBalancerSecurityGroup/,
    reason: 'The forge sends webhooks from anywhere; their signature is checked, and every other path is closed by the listener.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_91',
    resource: /LoadBalancer/,
    reason: 'Access logs need a bucket, which is the account’s to choose; they are not offered yet.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-ELB2',
    resource: /LoadBalancer/,
    reason: 'Access logs need a bucket, which is the account’s to choose; they are not offered yet.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_149',
    resource: /WebhookSecret|^Token|^Webhook/,
    reason: 'Encrypted with the key of Secrets Manager. Who wants a key of his own gives a secret of his own.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-SMG4',
    resource: /WebhookSecret|^Token|^Webhook/,
    reason: 'The forge holds the same value, and AWS cannot change it there.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_158',
    resource: /Logs/,
    reason: 'Encrypted with the key of CloudWatch Logs; logEncryptionKey takes another one.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-VPC7',
    resource: /Vpc/,
    reason: 'Flow logs are charged by traffic. Who needs them gives a VPC that has them, or calls addFlowLog on this one.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-ECS2',
    resource: /TaskDefinition/,
    reason: 'The variables are settings. Secrets reach the server in a file, which Terraform cannot read.',
  },
  {
    tool: 'cfn-lint',
    rule: 'W3005',
    resource: /WatchTrail|RevocationEnd/,
    reason: 'The CDK waits for a role and its policies by naming all of them; that the role is named twice changes nothing.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_18',
    resource: /AccessLogs/,
    reason: 'It takes the access logs of the other buckets; logging itself would make a log of each log.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_107',
    resource: /^BootstrapBoundary/,
    reason: 'A permissions boundary allows nothing by itself. It leaves what other policies allow, except for what it denies.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_108',
    resource: /^BootstrapBoundary/,
    reason: 'A permissions boundary allows nothing by itself. It leaves what other policies allow, except for what it denies.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_109',
    resource: /^BootstrapBoundary/,
    reason: 'A permissions boundary allows nothing by itself. It leaves what other policies allow, except for what it denies.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_110',
    resource: /^BootstrapBoundary/,
    reason: 'A permissions boundary allows nothing by itself. It leaves what other policies allow, except for what it denies.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_111',
    resource: /^BootstrapBoundary/,
    reason: 'A permissions boundary allows nothing by itself. It leaves what other policies allow, except for what it denies.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM5[Action::*]',
    resource: /^BootstrapBoundary/,
    reason: 'A permissions boundary allows nothing by itself. It leaves what other policies allow, except for what it denies.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM5[Resource::*]',
    resource: /^BootstrapBoundary/,
    reason: 'A permissions boundary allows nothing by itself. It leaves what other policies allow, except for what it denies.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AdministratorAccess]',
    resource: /^BootstrapTerraformRole/,
    reason:
      'Terraform manages any service; the permissions boundary denies what could undo the bootstrap. TerraformPermissions.policies gives less.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AdministratorAccess]',
    resource: /^BootstrapBreakGlassRole/,
    reason: 'It is for what the boundary denies to everybody else; its use needs MFA and raises an alarm. BreakGlass.none leaves it out.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/ReadOnlyAccess]',
    resource: /^BootstrapRunner\w+plan/,
    reason: 'A plan reads any service; calls that return what people stored are denied by RefuseContents. planPolicies takes others.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM5[Resource::<BootstrapStates0C15B4A5.Arn>/env:/*/network/prod/terraform.tfstate]',
    resource: /^BootstrapRunner\w+plan/,
    reason: 'The state in each of its workspaces, whose names nobody knows beforehand; the rest of the key is written out.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:terraform-revoke-<aws:username>:*]',
    resource: /^BootstrapGroupPolicy/,
    reason:
      'Step Functions names each execution when it starts; these are those of the person’s own state machine, and only to be looked at.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:cdk-atlantis-integ-revoke-<aws:username>:*]',
    resource: /^BootstrapGroupPolicy/,
    reason:
      'Step Functions names each execution when it starts; these are those of the person’s own state machine, and only to be looked at.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-SF1',
    resource: /^BootstrapRevocationEnd/,
    reason: 'Its one call is in the trail, and its history is kept for 90 days; logs would give its role log deliveries on all resources.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-SF2',
    resource: /^BootstrapRevocationEnd/,
    reason: 'It makes one call to IAM: there is no path to trace, and X-Ray would give its role permissions on all resources.',
  },
  {
    tool: 'cfn-lint',
    rule: 'W3005',
    resource: /Pipeline(AfterDeploy|Failures|LeftVolumes|Promotion|Gate)Machine/,
    reason: 'The CDK makes each state machine wait for all of its role, and not for its name alone.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_26',
    resource: /PipelineNotifications/,
    reason: 'What it says is in the events of the account as well. Who needs encryption gives a topic that has it.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_166',
    resource: /PipelineBackupVault/,
    reason: 'Encrypted with the key of AWS Backup; VolumeBackup.daily takes another vault.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup]',
    resource: /PipelineBackup/,
    reason: 'What AWS Backup needs for each kind of resource is AWS’s to keep up to date; only AWS Backup assumes the role.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
    resource: /^Role/,
    reason: 'The example’s machine is reached by Session Manager, whose agent’s permissions are AWS’s to keep up to date.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-SF1',
    resource: /Pipeline(AfterDeploy|Failures|LeftVolumes|Promotion|Gate)Machine/,
    reason: 'Its calls are in the trail, and its history is kept for 90 days; logs would give its role log deliveries on all resources.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-SF2',
    resource: /Pipeline(AfterDeploy|Failures|LeftVolumes|Promotion|Gate)Machine/,
    reason: 'Its calls go to AWS alone, one after the other; X-Ray would give its role permissions on all resources.',
  },
  {
    tool: 'cdk-nag',
    rule: 'AwsSolutions-IAM5[Resource::*]',
    resource: /Pipeline(Builder|Execution|LeftVolumes|Lifecycle|Promotion|Failures|AfterDeploy)Role/,
    reason: 'Calls that have no resource of their own, such as those that describe; each statement names its actions.',
  },
  {
    tool: 'cdk-nag',
    rule: /^AwsSolutions-IAM5\[Resource::arn:<AWS::Partition>:(ec2|imagebuilder|ssm|kms|iam|s3):/,
    resource: /Pipeline(Builder|Execution|LeftVolumes|Lifecycle|Promotion|Failures|AfterDeploy|Gate)Role/,
    reason:
      'Ids that AWS gives when a machine, volume, image or document is made; conditions hold them to those of this image where AWS has any.',
  },
  {
    tool: 'cdk-nag',
    rule: /^AwsSolutions-IAM5\[Action::s3:(GetBucket|GetObject|List)\*\]$/,
    resource: /PipelineBuilderRole/,
    reason: 'What the CDK’s grantRead gives on one bucket of releases.',
  },
];

const isOf = (wanted: string | RegExp, rule: string) => (typeof wanted === 'string' ? wanted === rule : wanted.test(rule));

/** Findings that nothing accepts, and what is accepted but not found. */
export function judge(findings: readonly Finding[]): { refused: Finding[]; stale: Accepted[] } {
  const covers = (accepted: Accepted, { tool, rule, resource }: Finding) =>
    accepted.tool === tool && isOf(accepted.rule, rule) && accepted.resource.test(resource);
  return {
    refused: findings.filter((finding) => !ACCEPTED.some((accepted) => covers(accepted, finding))),
    stale: ACCEPTED.filter((accepted) => !findings.some((finding) => covers(accepted, finding))),
  };
}
