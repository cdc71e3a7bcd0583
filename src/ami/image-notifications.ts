import { Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import type { NotificationsConfig } from './private/pipeline/notifications-config';

/** Who is told. */
export interface NotificationsOptions {
  /**
   * Where messages go.
   *
   * @default - a topic is made
   */
  readonly topic?: sns.ITopic;

  /**
   * Addresses that are subscribed; each has to confirm it.
   *
   * @default - nobody
   */
  readonly emails?: string[];
}

/**
 * What is told of builds.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/integ-eventbridge.html
 */
export abstract class ImageNotifications {
  /**
   * Builds that failed, with image, reason and logs; a pipeline that was disabled for failing too often; and an execution that failed of what
   * builds after deployments, promotes, or deletes left volumes. A `PromotedImage` of another region or account tells nothing.
   */
  public static failures(options: NotificationsOptions = {}): ImageNotifications {
    return new Told(false, options);
  }

  /** Those, and each image that can be had, as Image Builder tells it. */
  public static everything(options: NotificationsOptions = {}): ImageNotifications {
    return new Told(true, options);
  }

  /** Nothing. */
  public static none(): ImageNotifications {
    return new Untold();
  }

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct): NotificationsConfig | undefined;
}

class Untold extends ImageNotifications {
  public _validate(): void {}

  public _bind(): undefined {
    return undefined;
  }
}

class Told extends ImageNotifications {
  constructor(
    private readonly everything: boolean,
    private readonly options: NotificationsOptions,
  ) {
    super();
  }

  public _validate(scope: Construct, problems: Problems): void {
    for (const email of this.options.emails ?? []) {
      if (Token.isUnresolved(email) || /^[^@\s]+@[^@\s]+$/.test(email)) continue;
      problems.add(scope, 'notifications.emails', `got "${email}"; give an address with one @`);
    }
  }

  public _bind(scope: Construct): NotificationsConfig {
    const topic = this.options.topic ?? new sns.Topic(scope, 'Notifications', { enforceSSL: true });
    for (const email of this.options.emails ?? []) topic.addSubscription(new subscriptions.EmailSubscription(email));
    return { topic, everything: this.everything };
  }
}
