import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { machineRole } from './machine-role';
import { listKept, takeOutOfUse } from './promotion-cleanup';
import type { PromotedParameters, PromotionConfig } from './promotion-config';
import { chooseImage, putToUse } from './promotion-of-image';
import { promotionPermissions } from './promotion-permissions';
import { waitForTurn } from './promotion-turn';

/**
 * Promotes an image. It is a state machine of calls, with no code to trust or patch: CloudFormation cannot do it, as it would write the image
 * that was there at the last deployment, and a deployment would have to follow each build.
 */
export class PromotionMachine extends Construct {
  public readonly machine: sfn.StateMachine;

  /**
   * @param scope the pipeline, or what stands for it elsewhere
   * @param id unique in the scope
   * @param parameters what is promoted
   * @param config how
   * @param candidateComes what happens when there is an image to promote, and the input that it gives
   */
  constructor(
    scope: Construct,
    id: string,
    parameters: PromotedParameters,
    config: PromotionConfig,
    candidateComes: { readonly pattern: events.EventPattern; readonly input: { readonly [key: string]: string } },
  ) {
    super(scope, id);
    const { launchTemplateIds, keep, automatic } = config;
    const role = machineRole(
      this,
      'Role',
      `Promotes images of ${parameters.name}`,
      promotionPermissions(this, parameters, launchTemplateIds),
    );
    const cleanUp = listKept(this, parameters, keep, takeOutOfUse(this, parameters, launchTemplateIds));
    const promote = putToUse(this, parameters, launchTemplateIds).next(cleanUp);
    this.machine = new sfn.StateMachine(this, 'Machine', {
      comment: `Promotes the candidate of ${parameters.name}, or the image that "imageId" names`,
      role: role.withoutPolicyUpdates(),
      timeout: Duration.hours(1),
      definitionBody: sfn.DefinitionBody.fromChainable(waitForTurn(this, chooseImage(this, parameters, promote))),
    });
    // apart from the role, since it names the machine, which waits for the role
    new iam.Policy(this, 'Turns', {
      roles: [role],
      statements: [
        new iam.PolicyStatement({
          sid: 'SeeRunningPromotions',
          actions: ['states:ListExecutions'],
          resources: [this.machine.stateMachineArn],
        }),
      ],
    });
    if (!automatic) return;
    new events.Rule(this, 'Candidate', {
      description: `Promotes images of ${parameters.name} that passed`,
      eventPattern: candidateComes.pattern,
      targets: [new targets.SfnStateMachine(this.machine, { input: events.RuleTargetInput.fromObject(candidateComes.input) })],
    });
  }
}
