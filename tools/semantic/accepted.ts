import type { Finding } from './finding';

interface Accepted {
  readonly tool: Finding['tool'];
  readonly rule: string;
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
];

/** Findings that nothing accepts, and what is accepted but not found. */
export function judge(findings: readonly Finding[]): { refused: Finding[]; stale: Accepted[] } {
  const covers = (accepted: Accepted, { tool, rule, resource }: Finding) =>
    accepted.tool === tool && accepted.rule === rule && accepted.resource.test(resource);
  return {
    refused: findings.filter((finding) => !ACCEPTED.some((accepted) => covers(accepted, finding))),
    stale: ACCEPTED.filter((accepted) => !findings.some((finding) => covers(accepted, finding))),
  };
}
