import * as path from 'node:path';
import { App, CfnElement, Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Finding } from './finding';

/** Runs the AWS Solutions rules over templates as they are deployed. */
export function nag(templates: readonly string[]): Finding[] {
  return templates.flatMap((template) => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    new CfnInclude(stack, 'Template', { templateFile: template });
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    return violations.flatMap(({ ruleName, description, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => ({
        ...{ tool: 'cdk-nag' as const, rule: ruleName, template, message: description },
        resource: logicalId(stack, constructPath),
      })),
    );
  });
}

function logicalId(stack: Stack, constructPath: string): string {
  const found = stack.node.tryFindChild('Template')?.node.tryFindChild(path.posix.basename(constructPath));
  return found && CfnElement.isCfnElement(found) ? path.posix.basename(constructPath) : constructPath;
}
