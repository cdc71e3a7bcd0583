import { RemovalPolicy } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { BuildLogs } from '../../builder-options';

/** Image Builder's own names: whoever comes first makes the group, and Image Builder would make it without an end. */
export class BuildLogGroups {
  public readonly image: logs.LogGroup;
  public readonly pipeline: logs.LogGroup;

  constructor(scope: Construct, name: string, { retention, removalPolicy }: BuildLogs = {}) {
    const settings = {
      retention: retention ?? logs.RetentionDays.THREE_MONTHS,
      removalPolicy: removalPolicy ?? RemovalPolicy.DESTROY,
    };
    this.image = new logs.LogGroup(scope, 'Logs', { logGroupName: `/aws/imagebuilder/${name}`, ...settings });
    this.pipeline = new logs.LogGroup(scope, 'PipelineLogs', { logGroupName: `/aws/imagebuilder/pipeline/${name}`, ...settings });
  }

  public get arns(): string[] {
    return [this.image.logGroupArn, this.pipeline.logGroupArn];
  }
}
