import type { ITopic } from 'aws-cdk-lib/aws-sns';

export interface NotificationsConfig {
  readonly topic: ITopic;
  /** Whether Image Builder itself tells of each build too. */
  readonly everything: boolean;
}
