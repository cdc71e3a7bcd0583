import type { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Problems } from '../../validation/problems';

/** S3 counts in whole days, and takes no more than 2,147,483,647 of them; a hundred years is the most that Object Lock takes. */
const MAX_DAYS = 36500;

export function checkDays(scope: IConstruct, property: string, duration: Duration, problems: Problems): void {
  if (duration.isUnresolved()) return;
  const days = duration.toDays({ integral: false });
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS)
    problems.add(scope, property, `must be whole days, 1 to ${MAX_DAYS}, got ${duration.toHumanString()}`);
}
