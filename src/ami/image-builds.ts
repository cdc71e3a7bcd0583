import { Token } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import type { BuildsConfig } from './private/pipeline/builds-config';

/** When a scheduled build takes place. */
export enum BuildCondition {
  /** Always. */
  ALWAYS = 'EXPRESSION_MATCH_ONLY',

  /** Only if there is a newer base image, or a newer version of a component that the recipe asks for with an `x`. */
  DEPENDENCY_UPDATES = 'EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE',
}

/** A schedule of builds. */
export interface ScheduledBuildsOptions {
  /**
   * When, in UTC.
   *
   * @default - Sundays at 4 o'clock
   */
  readonly schedule?: Schedule;

  /**
   * What has to be new for a build.
   *
   * @default BuildCondition.DEPENDENCY_UPDATES
   */
  readonly startCondition?: BuildCondition;

  /**
   * After how many scheduled builds that failed one after the other the pipeline is disabled, 1 to 10. A deployment that changes the pipeline,
   * or a build that succeeds, starts the count again.
   *
   * @default 3
   */
  readonly disableAfterFailures?: number;
}

/**
 * When images are built.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/schedule-pipeline.html
 */
export abstract class ImageBuilds {
  /**
   * When a deployment of the stack has ended well, unless the newest image that passed is of this version of the recipe, or one is being built.
   * So a deployment that goes back to a former version builds it anew, and one after a build that failed tries again; a build that goes on
   * meanwhile is not stopped. The deployment does not wait. The events of CloudFormation start it, by a state machine without code: the first
   * deployment has the rule in place before the pipeline is made.
   */
  public static afterDeploy(): ImageBuilds {
    return new Simple({ afterDeploy: true });
  }

  /**
   * During the deployment, which waits for the image and fails with it. The image is retained: no rollback, no replacement and no deletion of
   * the stack removes an AMI that may be in use.
   */
  public static duringDeploy(): ImageBuilds {
    return new Simple({ duringDeploy: true });
  }

  /** On a schedule. */
  public static onSchedule(options: ScheduledBuildsOptions = {}): ImageBuilds {
    return new Scheduled(options);
  }

  /** When somebody starts the pipeline, and only then. */
  public static onDemand(): ImageBuilds {
    return new Simple({});
  }

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /** @internal */
  public abstract _bind(): BuildsConfig;
}

class Simple extends ImageBuilds {
  constructor(private readonly config: BuildsConfig) {
    super();
  }

  public _validate(): void {}

  public _bind(): BuildsConfig {
    return this.config;
  }
}

class Scheduled extends ImageBuilds {
  constructor(private readonly options: ScheduledBuildsOptions) {
    super();
  }

  public _validate(scope: Construct, problems: Problems): void {
    const { disableAfterFailures: failures } = this.options;
    if (failures === undefined || Token.isUnresolved(failures)) return;
    if (Number.isInteger(failures) && failures >= 1 && failures <= 10) return;
    problems.add(scope, 'builds.disableAfterFailures', `got ${failures}; Image Builder takes whole numbers from 1 to 10`);
  }

  public _bind(): BuildsConfig {
    const { schedule, startCondition, disableAfterFailures } = this.options;
    return {
      schedule: {
        scheduleExpression: (schedule ?? Schedule.expression('cron(0 4 ? * SUN *)')).expressionString,
        pipelineExecutionStartCondition: startCondition ?? BuildCondition.DEPENDENCY_UPDATES,
        autoDisablePolicy: { failureCount: disableAfterFailures ?? 3 },
      },
    };
  }
}
