import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ACCOUNT } from '../synthesized';

export interface Simulated {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: { readonly [key: string]: string | string[] };
  readonly policies: readonly object[];
  readonly boundary?: object;
  /** The policy of the resource; of a role that is assumed its trust policy. */
  readonly resourcePolicy?: object;
}

export const ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Whether IAM allows a request within the account, by the simulator. */
export async function isAllowed(simulated: Simulated, account = ACCOUNT): Promise<boolean> {
  const { principal, action, resource, context = {}, policies, boundary, resourcePolicy } = simulated;
  const result = await runSimulation(
    {
      request: { principal, action, resource: { resource, accountId: account }, contextVariables: { ...context } },
      identityPolicies: policies.map((policy, i) => ({ name: `policy${i}`, policy })),
      permissionBoundaryPolicies: boundary ? [{ name: 'boundary', policy: boundary }] : undefined,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy,
    },
    {},
  );
  if (result.resultType === 'error') throw new Error(`${action} ${resource}: ${JSON.stringify(result.errors)}`);
  return result.overallResult === 'Allowed';
}
