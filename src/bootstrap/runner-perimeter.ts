import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';

/**
 * From where the credentials of a runner can be used, so that stolen ones are worthless elsewhere. Calls that an AWS service makes for the
 * runner are let through.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
 */
export abstract class RunnerPerimeter {
  /**
   * Only through VPC endpoints in given VPCs: for self-hosted runners that take their roles by OIDC. Every service that Terraform calls
   * needs a VPC endpoint there; a call over the internet or a NAT gateway names no VPC, and is refused.
   *
   * @param vpcIds ids of VPCs, at least one, such as `vpc-0123456789abcdef0`
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcevpc
   */
  public static vpcs(vpcIds: string[]): RunnerPerimeter {
    return new Network(vpcIds, 'vpcs', /^vpc-[0-9a-f]{8,17}$/, 'vpc-0123456789abcdef0', { StringNotEquals: { 'aws:SourceVpc': vpcIds } });
  }

  /**
   * Only from given public addresses: for runners behind NAT gateways or proxies. A call through a VPC endpoint names no public address,
   * and is refused.
   *
   * @param cidrs ranges of addresses, at least one, such as `192.0.2.0/28`
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
   */
  public static addresses(cidrs: string[]): RunnerPerimeter {
    return new Network(
      cidrs,
      'addresses',
      /^(\d{1,3}\.){3}\d{1,3}\/([1-9]|[12]\d|3[0-2])$|^[0-9a-f:]+\/([1-9]\d?|1[01]\d|12[0-8])$/,
      '192.0.2.0/28',
      {
        NotIpAddress: { 'aws:SourceIp': cidrs },
      },
    );
  }

  /**
   * Only from the EC2 instance that the credentials were issued to, by its VPC and its private address. It holds for credentials of an
   * instance profile only (`TerraformRunner.ec2`): those of an OIDC role name no instance. It needs a VPC endpoint for every service that
   * Terraform calls.
   *
   * @see https://aws.amazon.com/blogs/security/how-to-use-policies-to-restrict-where-ec2-instance-credentials-can-be-used-from/
   */
  public static instance(): RunnerPerimeter {
    return new Instance();
  }

  /** @internal */
  public abstract readonly _ofInstance: boolean;

  /** @internal */
  public abstract _validate(scope: Construct, property: string, problems: Problems): void;

  /** @internal */
  public abstract _statements(): iam.PolicyStatement[];
}

type Conditions = { readonly [operator: string]: { readonly [key: string]: string | string[] } };

function refuse(sid: string, conditions: Conditions): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid,
    effect: iam.Effect.DENY,
    actions: ['*'],
    resources: ['*'],
    // a service that acts for the runner calls from its own network
    conditions: { ...conditions, BoolIfExists: { 'aws:ViaAWSService': 'false' } },
  });
}

class Network extends RunnerPerimeter {
  public readonly _ofInstance = false;

  constructor(
    private readonly given: string[],
    private readonly factory: string,
    private readonly form: RegExp,
    private readonly example: string,
    private readonly conditions: Conditions,
  ) {
    super();
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    if (this.given.length === 0)
      problems.add(scope, property, `RunnerPerimeter.${this.factory}([]) would refuse every call; give at least one`);
    for (const value of this.given) {
      if (Token.isUnresolved(value) || this.form.test(value)) continue;
      problems.add(scope, property, `got "${value}" in RunnerPerimeter.${this.factory}(); give such as ${this.example}`);
    }
  }

  public _statements(): iam.PolicyStatement[] {
    return [refuse('RefuseOtherNetworks', this.conditions)];
  }
}

class Instance extends RunnerPerimeter {
  public readonly _ofInstance = true;

  public _validate(): void {}

  public _statements(): iam.PolicyStatement[] {
    const issuedToInstance = { Null: { 'ec2:SourceInstanceARN': 'false' } };
    return [
      // a variable without a value makes no comparison, and over the internet these have none
      refuse('RefuseInternet', { Null: { 'ec2:SourceInstanceARN': 'false', 'aws:SourceVpc': 'true' } }),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of IAM
      refuse('RefuseOtherVpcs', { StringNotEquals: { 'aws:EC2InstanceSourceVPC': '${aws:SourceVpc}' }, ...issuedToInstance }),
      refuse('RefuseOtherInstances', {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of IAM
        StringNotEquals: { 'aws:EC2InstanceSourcePrivateIPv4': '${aws:VpcSourceIp}' },
        ...issuedToInstance,
      }),
    ];
  }
}
