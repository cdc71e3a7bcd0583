import { Duration } from 'aws-cdk-lib';
import { StateObjectLock, StateStorage } from '../../src';
import { refusalOf, stored } from './storage-stack';

const locked = (objectLock: StateObjectLock) => stored(() => ({ storage: StateStorage.managed({ objectLock }) }));

test.each([
  ['GOVERNANCE', StateObjectLock.governance(Duration.days(30))],
  ['COMPLIANCE', StateObjectLock.compliance(Duration.days(30))],
])('%s is the retention of every version of both buckets, and not of the access logs', (Mode, objectLock) => {
  const storage = locked(objectLock);
  const { bucket, bootstrapBucket, logBucket } = storage.config;
  for (const each of [bucket, bootstrapBucket])
    expect(storage.bucket(each).Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Days: 30, Mode } } },
    });
  expect(logBucket && storage.bucket(logBucket).Properties).not.toHaveProperty('ObjectLockEnabled');
});

test.each([StateObjectLock.governance(Duration.hours(1)), StateObjectLock.compliance(Duration.hours(1))])(
  'a retention must be whole days',
  (objectLock) => {
    expect(refusalOf(() => locked(objectLock))).toBe('[Stack] storage.objectLock: must be whole days, 1 to 36500, got 1 hour');
  },
);
